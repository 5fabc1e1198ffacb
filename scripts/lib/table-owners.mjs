// Which module writes which table: exactly one each. Others call its verbs.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/** Each table of `prisma/schema` with the module that writes it, a folder of `src/server`. */
const owners = {
  organization: "domain/tenancy",
  facility: "domain/tenancy",
  contract: "domain/tenancy",
  service_level: "domain/service-level",
  prior_terms: "domain/service-level",
  user_account: "domain/tenancy",
  credential: "domain/tenancy",
  invitation: "domain/tenancy",
  session: "domain/tenancy",
  second_factor: "auth",
  api_token: "auth",
  sign_in_attempt: "auth",
  edge_nonce: "auth",
  edge_router: "domain/edge",
  enrollment_code: "domain/edge",
  refused_object: "domain/imaging",
  patient: "domain/imaging",
  identity_clearance: "domain/imaging",
  study: "domain/imaging",
  series: "domain/imaging",
  instance: "domain/imaging",
  damaged_object: "domain/imaging",
  imaging_order: "domain/ordering",
  order_match: "domain/ordering",
  reading_case: "domain/reading",
  case_prior: "domain/reading",
  borrowed_prior: "domain/reading",
  case_skip: "domain/reading",
  case_message: "domain/reading",
  licence_document: "domain/readers",
  tech_check_entry: "domain/reading",
  assignment_rule_set: "domain/assignment",
  case_clock_stop: "domain/reading",
  case_decline: "domain/reading",
  case_handover: "domain/reading",
  assignment_run: "domain/assignment",
  shift_fairness: "domain/assignment",
  report_draft: "domain/reporting",
  case_markup: "domain/reporting",
  draft_handover: "domain/reporting",
  over_read: "domain/reporting",
  over_read_seen: "domain/reporting",
  over_read_closure: "domain/reporting",
  report_version: "domain/reporting",
  report_document: "domain/reporting",
  referral_reading: "domain/reporting",
  reader_settings: "domain/readers",
  reader_profile: "domain/readers",
  reader_licence: "domain/readers",
  licence_check: "domain/readers",
  facility_privilege: "domain/readers",
  reader_shift: "domain/readers",
  shift_swap: "domain/readers",
  shift_change: "domain/readers",
  reader_group: "domain/readers",
  work_unit_table: "domain/readers",
  credential_reminder: "domain/readers",
  hanging_protocol: "domain/hanging",
  saved_list: "domain/worklists",
  list_watch: "domain/worklists",
  list_alert: "domain/worklists",
  destination: "domain/exchange",
  delivery: "domain/exchange",
  notice: "domain/notices",
  notice_mail: "domain/notices",
  notice_push: "domain/notices",
  notice_webhook: "domain/notices",
  notice_delivery: "domain/notices",
  escalation_ladder: "domain/escalation",
  escalation_ladder_version: "domain/escalation",
  escalation_step: "domain/escalation",
  escalation_watch: "domain/escalation",
  outbox_job: "jobs",
  audit_event: "domain/audit",
  audit_head: "domain/audit",
  audit_read: "domain/audit",
};

/** Who may write a table named at run time (`*`): a restore fills whatever tables the backup has, and nothing else does. */
const ownerOfAny = "backup";

/** Known writes by another module. The list only shrinks: an entry that no longer applies must be removed. */
const strays = {
  // The reading group's id on a study's rows is written by the module that finds the contract: imaging calls reading, not the reverse.
  "src/server/domain/reading/open-case.ts": ["instance", "patient", "series", "study"],
};

const camel = (name) => name[0].toLowerCase() + name.slice(1);

/** The tables of the schema, by table name and by the client's name. */
function tablesOf(schemas) {
  const byAccessor = new Map();
  for (const text of schemas)
    for (const [, model, body] of text.matchAll(/^model (\w+) \{([\s\S]*?)^\}/gm))
      byAccessor.set(camel(model), /@@map\("(\w+)"\)/.exec(body)?.[1] ?? model);
  return byAccessor;
}

const sqlWrite =
  /(?<!\b(?:FOR|NO KEY|DO)\s)\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)\s+(?:ONLY\s+)?(?:public\.)?"?(\$\{|[a-z_]+)/g;
const clientWrite =
  /\b(\w+)\.(?:create|createMany|createManyAndReturn|update|updateMany|updateManyAndReturn|upsert|delete|deleteMany)\(\s*\{/g;

/** The tables that a file writes; `*` for one that is named at run time. */
function writesOf(text, byAccessor) {
  const tables = new Set(byAccessor.values());
  const found = new Set();
  for (const [, name] of text.matchAll(sqlWrite)) {
    if (name === "${") found.add("*");
    else if (tables.has(name)) found.add(name);
  }
  for (const match of text.matchAll(clientWrite)) {
    // `tx.study.update(`: only a name after a dot, since others are local variables.
    const table = text[match.index - 1] === "." ? byAccessor.get(match[1]) : undefined;
    if (table) found.add(table);
  }
  return found;
}

/**
 * Violations of the table owners, one per line.
 *
 * @param files `{ file, text }` of the program, without tests and generated code.
 */
function strayWrites(files, byAccessor) {
  const faults = [];
  for (const table of byAccessor.values())
    if (!owners[table]) faults.push(`  ${table} has no owner in table-owners.mjs`);
  for (const table of Object.keys(owners))
    if (![...byAccessor.values()].includes(table)) faults.push(`  ${table} is owned, and in no schema`);
  const used = new Set();
  for (const { file, text } of files)
    for (const table of writesOf(text, byAccessor)) {
      const owner = table === "*" ? ownerOfAny : owners[table];
      if (owner && file.startsWith(`src/server/${owner}/`)) continue;
      if (strays[file]?.includes(table)) used.add(`${file} ${table}`);
      else
        faults.push(
          `  ${file} writes ${table === "*" ? "a table named at run time" : table}, which is ${owner ?? "nobody"}'s`,
        );
    }
  for (const [file, tables] of Object.entries(strays))
    for (const table of tables)
      if (!used.has(`${file} ${table}`)) faults.push(`  ${file} writes ${table} no more: take it off the strays`);
  return faults;
}

const programFiles = (root) =>
  globSync("src/**/*.{ts,tsx}", { cwd: root, exclude: (name) => name === "generated" })
    .filter((file) => !/\.test\.tsx?$/.test(file))
    .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

const schemaTables = (root) =>
  tablesOf(
    globSync("prisma/schema/*.prisma", { cwd: root }).map((file) => readFileSync(path.join(root, file), "utf8")),
  );

/** Checks the program against the list. */
export const tableOwners = () => strayWrites(programFiles(root), schemaTables(root)).join("\n") || null;

/** Tests the rule: each way of writing another module's table has to be reported. */
export function tableOwnersWork() {
  const examples = {
    "an INSERT": "await tx.$executeRaw`INSERT INTO study (id) VALUES (1)`;",
    "an UPDATE of several lines": "await tx.$executeRaw`\n  UPDATE\n    study s SET purpose = 'prior'`;",
    "a DELETE": "await pool.query(`DELETE FROM ONLY study`);",
    "a COPY": 'await client.query(copyFrom("COPY study FROM STDIN"));',
    "a call of the client": "await tx.study.updateMany({ data: {} });",
    "a call across lines": "await tx.study.create(\n  {\n    data: {},\n  },\n);",
  };
  const harmless =
    "SELECT 1 FROM study FOR UPDATE; SELECT 1 FROM study FOR NO KEY UPDATE; cache.study.delete(key); DO UPDATE SET study = 1";
  const byAccessor = schemaTables(root);
  const missed = Object.entries(examples)
    .filter(([, text]) => !writesOf(text, byAccessor).has("study"))
    .map(([what]) => `  ${what} of another module's table gets through`);
  if (writesOf(harmless, byAccessor).size > 0) missed.push("  a lock or a map is taken for a write");
  const probe = { file: "src/server/domain/reading/probe.ts", text: examples["an INSERT"] };
  const found = strayWrites([...programFiles(root), probe], byAccessor);
  if (!found.some((fault) => fault.includes("probe.ts writes study"))) missed.push("  a stray write is not reported");
  const any = { file: "src/server/domain/imaging/probe.ts", text: ["INSERT INTO $", "{name} VALUES (1)"].join("") };
  if (
    !strayWrites([...programFiles(root), any], byAccessor).some((fault) => fault.includes("a table named at run time"))
  )
    missed.push("  a write to whatever table is not reported");
  return missed.join("\n") || null;
}
