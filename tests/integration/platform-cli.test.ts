import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { readFile, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { authenticate } from "#server/auth/authenticate.ts";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { useTestDatabase } from "../database.ts";
import { mediaDirectory } from "../factories/tiny-instance.ts";
import { eventually } from "../redis.ts";
import { run } from "../support/run.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
const work = mkdtempSync(path.join(tmpdir(), "overread-cli-"));
const dataDir = path.join(work, "data");
before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  db = await useTestDatabase();
});
after(async () => {
  await db.drop();
  rmSync(work, { recursive: true, force: true });
});

const cliMain = path.resolve(import.meta.dirname, "../../src/server/cli/main.ts");

// biome-ignore lint/suspicious/noExplicitAny: the commands' documents are what the tests look at
type Document = any;
async function cli(args: string[], env: Record<string, string> = {}) {
  const result = await run(process.execPath, [cliMain, ...args], { env });
  const json: Document = args.includes("--json") && result.stdout.trim() ? JSON.parse(result.stdout) : null;
  return { ...result, json };
}
async function ok(args: string[], env: Record<string, string> = {}): Promise<Document> {
  const result = await cli([...args, "--json"], env);
  assert.equal(result.code, 0, `${args.join(" ")}: ${result.stderr}${result.stdout}`);
  return result.json;
}

test("help lists the commands of the contract, and a wrong word is told apart from a wrong deed", async () => {
  const help = await cli(["--help"]);
  assert.equal(help.code, 0);
  for (const name of [
    "org create",
    "user create",
    "user reset-link",
    "token create",
    "edge enroll-code",
    "archive scrub",
    "archive verify",
    "audit verify",
    "backup create",
    "backup restore",
    "import <folder>",
  ])
    assert.ok(help.stdout.includes(name), name);
  assert.equal((await cli(["org", "destroy"])).code, 2);
  assert.match((await cli(["org", "create"])).stderr, /--slug is missing\nUsage: /);
  assert.match(
    (await cli(["token", "create", "--org", "x", "--scopes", "everything"])).stderr,
    /everything is not a scope; there are: dicomweb:read/,
  );
  for (const [noun, option, value] of [
    ["org", "--kind", "hospital"],
    ["facility", "--org", "x"],
  ] as const) {
    const moon = ["--slug", "x", "--name", "X", "--time-zone", "Moon/Crater"];
    const wrong = await cli([noun, "create", option, value, ...moon]);
    assert.deepEqual([wrong.code, wrong.stderr.split("\n")[0]], [2, "Moon/Crater is not a time zone"]);
  }
  const notThere = await cli(["edge", "enroll-code", "--facility", "nowhere", "--json"]);
  assert.deepEqual([notThere.code, notThere.json.error.code], [1, "facility.not-found"]);
});

test("an operator sets up a hospital, a group, their contract, people and tokens, all of it on record", async () => {
  await ok(["db", "setup"]);
  await ok([
    "org",
    "create",
    "--slug",
    "clinic",
    "--name",
    "Clinic",
    "--kind",
    "hospital",
    "--time-zone",
    "Europe/Lisbon",
  ]);
  await ok(["org", "create", "--slug", "readers", "--name", "Readers", "--kind", "reading_group"]);
  assert.equal((await cli(["org", "create", "--slug", "clinic", "--name", "C", "--kind", "hospital"])).code, 2);
  await ok(["facility", "create", "--org", "clinic", "--slug", "clinic-east", "--name", "East"]);
  await ok(["contract", "create", "--hospital", "clinic", "--group", "readers"]);
  const made = await ok([
    "user",
    "create",
    "--org",
    "clinic",
    "--email",
    "Ada@Clinic.example",
    "--name",
    "Dr Ada Lind",
    "--roles",
    "site_admin,technologist",
  ]);
  assert.equal((await authenticate("ada@clinic.example", made.password, "t")).displayName, "Dr Ada Lind");
  const { link, expiresAt } = await ok(["user", "reset-link", "--org", "clinic", "--email", "Ada@clinic.example"]);
  assert.match(link, /^https?:\/\/[^/]+\/invitation#[\w-]{43}$/);
  assert.ok(Date.parse(expiresAt) > Date.now());
  const nobody = await cli(["user", "reset-link", "--org", "clinic", "--email", "eve@clinic.example", "--json"]);
  assert.deepEqual([nobody.code, nobody.json.error.code], [1, "user.not-found"]);
  const chosen = await ok(
    [
      "user",
      "create",
      "--org",
      "readers",
      "--email",
      "bo@readers.example",
      "--name",
      "Bo Ek",
      "--roles",
      "radiologist",
      "--password-env",
      "PW",
    ],
    { PW: "a password of mine" },
  );
  assert.equal(chosen.password, undefined);
  assert.ok(await authenticate("bo@readers.example", "a password of mine", "t"));
  assert.equal(
    (
      await cli([
        "user",
        "create",
        "--org",
        "readers",
        "--email",
        "bo@readers.example",
        "--name",
        "B",
        "--roles",
        "site_admin",
        "--json",
      ])
    ).json.error.code,
    "user.email-taken",
  );

  const { token, tokenId } = await ok([
    "token",
    "create",
    "--org",
    "clinic",
    "--scopes",
    "dicomweb:read,metrics",
    "--days",
    "30",
  ]);
  const actor = await actorFromRequest({ headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(actor?.kind === "token" && actor.scopes, ["dicomweb:read", "metrics"]);
  const printed = await cli(["token", "create", "--org", "clinic", "--scopes", "fhir:read"]);
  assert.match(printed.stdout, /^ovr_[\w-]{43}\n$/, "the token and nothing else");
  await ok(["token", "revoke", "--id", tokenId]);
  const { code } = await ok(["edge", "enroll-code", "--facility", "clinic-east"]);
  assert.match(code, /^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);

  const { rows } = await db.owner.query(
    "SELECT action FROM audit_event e JOIN organization o ON o.id = e.org_id WHERE o.slug = 'clinic' ORDER BY seq",
  );
  assert.deepEqual(
    rows.map((row) => row.action).filter((action) => !action.startsWith("session.")),
    [
      "org.create",
      "facility.update",
      "facility.update",
      "user.create",
      "user.reset-link",
      "token.create",
      "token.create",
      "token.revoke",
      "edge.issue-code",
    ],
  );
});

test("two hospitals may call a facility the same; an enrolment code then says whose", async () => {
  const named = (org: string) => ["--org", org, "--slug", "main", "--name", "Main"];
  await ok(["org", "create", "--slug", "annex", "--name", "Annex", "--kind", "hospital"]);
  await ok(["facility", "create", ...named("clinic")]);
  await ok(["edge", "enroll-code", "--facility", "main"]);
  await ok(["facility", "create", ...named("annex")]);
  assert.equal((await cli(["facility", "create", ...named("annex")])).code, 2, "twice in one hospital");
  const which = await cli(["edge", "enroll-code", "--facility", "main"]);
  assert.deepEqual(
    [which.code, which.stderr.split("\n")[0]],
    [2, "several hospitals have a facility main: say which with --org"],
  );
  await ok(["edge", "enroll-code", "--facility", "main", "--org", "annex"]);
  const { rows } = await db.owner.query(
    `SELECT o.slug FROM enrollment_code e JOIN facility f ON f.id = e.facility_id JOIN organization o ON o.id = e.org_id AND o.id = f.org_id
     WHERE f.slug = 'main' ORDER BY e.id`,
  );
  assert.deepEqual(
    rows.map(({ slug }) => slug),
    ["clinic", "annex"],
  );
});

test("the demo is loaded once, with a password that is never in the arguments", async () => {
  const first = await ok(["demo", "seed"], { OVERREAD_DEMO_PASSWORD: "demo password 1" });
  assert.equal(first.created, true);
  assert.equal(first.password, undefined, "a password that was given is not repeated");
  assert.deepEqual(first.accounts.length, 8);
  assert.ok(await authenticate("lead@nightshift.example", "demo password 1", "t"));
  assert.equal((await ok(["demo", "seed"], { OVERREAD_DEMO_PASSWORD: "demo password 2" })).created, false);
  assert.ok(await authenticate("lead@nightshift.example", "demo password 1", "t"));
  assert.equal(
    (await ok(["demo", "seed", "--reset-password", "--password-env", "PW"], { PW: "demo password 3" })).reset,
    true,
  );
  assert.ok(await authenticate("lead@nightshift.example", "demo password 3", "t"));
});

/** Objects of the archive on disk, by key. */
async function objects(): Promise<string[]> {
  const { rows } = await db.owner.query<{ key: string }>("SELECT object_key AS key FROM instance ORDER BY id");
  return rows.map(({ key }) => path.join(dataDir, "objects", key));
}

test("a disc with its directory is imported without a fault", async () => {
  const folder = path.join(work, "disc");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "DICOMDIR"), mediaDirectory());
  const { code, json } = await cli(["import", folder, "--org", "lakeside", "--json"]);
  assert.equal(code, 0);
  assert.deepEqual([json.refused, json.ofNoStudy, json.refusals], [0, 1, []]);
});

test("a folder of files is imported as priors, once, and what is not DICOM is counted", async () => {
  const folder = path.join(work, "import");
  mkdirSync(path.join(folder, "deep/er"), { recursive: true });
  let n = 0;
  for (const file of makeStudy("chest-ct", { slices: 3, matrix: 64, prior: true }).files())
    writeFileSync(path.join(folder, "deep/er", `IM${n++}`), file.part10);
  writeFileSync(path.join(folder, "notes.txt"), "nothing to see");
  writeFileSync(
    path.join(folder, "broken.dcm"),
    Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), randomBytes(40)]),
  );
  const first = await cli(["import", folder, "--org", "lakeside", "--facility", "lakeside-main", "--json"]);
  assert.equal(first.code, 1, "one was refused");
  assert.deepEqual(
    [first.json.studies, first.json.stored, first.json.refused, first.json.notDicom, first.json.refusals[0].file],
    [1, 3, 1, 1, "broken.dcm"],
  );
  await unlink(path.join(folder, "broken.dcm"));
  const second = await ok(["import", folder, "--org", "lakeside", "--facility", "lakeside-main"]);
  assert.deepEqual([second.stored, second.duplicate], [0, 3]);
  const { rows } = await db.owner.query(
    "SELECT purpose::text, number_of_instances, completed_at IS NOT NULL AS complete, (SELECT count(*)::int FROM reading_case) AS cases FROM study",
  );
  assert.deepEqual(rows, [{ purpose: "prior", number_of_instances: 3, complete: true, cases: 0 }]);
});

test("a backup made while everything runs comes back whole in an empty database, byte for byte", async () => {
  // What ends a line for some readers, and is ordinary text to a modality and to the database.
  const { rowCount } = await db.owner.query("UPDATE study SET study_description = $1", [
    "CT\u2028CHEST\u2029\u0085\r\nAXIAL",
  ]);
  assert.equal(rowCount, 1);
  const folder = path.join(work, "backup");
  const made = await ok(["backup", "create", folder]);
  assert.equal(made.objects.files >= 3, true);
  assert.equal(JSON.stringify(await readFile(path.join(folder, "manifest.json"), "utf8")).includes("password"), false);

  const url = new URL(db.ownerUrl);
  const name = `r_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: process.env.OVERREAD_TEST_DATABASE_URL });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const there = { DATABASE_URL: url.href, OVERREAD_DATA_DIR: path.join(work, "restored") };
  try {
    const restored = await ok(["backup", "restore", folder], there);
    assert.deepEqual(restored.auditFaults, []);
    const archive = await ok(["archive", "verify"], there);
    assert.deepEqual([archive.ok, archive.objects, archive.orphaned], [true, 3, []]);
    assert.equal((await ok(["audit", "verify"], there)).ok, true);
    const copy = new pg.Client({ connectionString: url.href });
    await copy.connect();
    for (const table of [
      "organization",
      "user_account",
      "credential",
      "instance",
      "study",
      "series",
      "audit_event",
      "facility",
      "api_token",
    ]) {
      const digest = `SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS digest FROM ${table} t`;
      assert.equal((await copy.query(digest)).rows[0].digest, (await db.owner.query(digest)).rows[0].digest, table);
    }
    assert.equal((await copy.query("SELECT count(*)::int AS n FROM session")).rows[0].n, 0, "everybody signs in again");
    await copy.end();
    assert.match((await cli(["backup", "restore", folder], there)).stderr, /not empty/);
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
  assert.match((await cli(["backup", "restore", work])).stderr, /no whole backup/);
});

test("a second backup into the same folder that is killed midway leaves the first one whole", async () => {
  const folder = path.join(work, "backup");
  const tables = () => readdirSync(path.join(folder, "tables"));
  const [first] = tables();
  const holder = await db.owner.connect();
  // The second backup comes as far as this table and waits there.
  await holder.query("BEGIN; LOCK TABLE user_account IN ACCESS EXCLUSIVE MODE");
  const second = spawn(process.execPath, [cliMain, "backup", "create", folder], { env: process.env, stdio: "ignore" });
  const ended = once(second, "exit");
  await eventually(() => {
    const fresh = tables().find((name) => name !== first);
    return fresh && readdirSync(path.join(folder, "tables", fresh)).length >= 3;
  }, "three tables of the second backup");
  second.kill("SIGKILL");
  await ended;
  await holder.query("ROLLBACK");
  holder.release();
  // Its tables are gone over before anything else; a damaged one would be named.
  assert.match((await cli(["backup", "restore", folder])).stderr, /not empty/);

  await ok(["backup", "create", folder]);
  assert.match((await cli(["backup", "restore", folder])).stderr, /not empty/);
  assert.equal(tables().length, 1, "what no manifest names is cleared away");
  assert.notEqual(tables()[0], first);
});

test("an object that is damaged since the last backup does not take the place of its good copy, and is mended from it", async () => {
  const folder = path.join(work, "backup");
  const [file = ""] = await objects();
  const key = path.relative(path.join(dataDir, "objects"), file);
  const whole = await readFile(file);
  // As a file system leaves it behind a crash.
  truncateSync(file, 0);
  const again = await cli(["backup", "create", folder, "--json"]);
  assert.equal(again.code, 1, again.stderr);
  assert.deepEqual(again.json.objects.damaged, [key]);
  assert.ok((await readFile(path.join(folder, "store", key))).equals(whole));
  assert.deepEqual((await ok(["archive", "scrub", "--from", folder])).repaired, [key]);
  assert.ok((await readFile(file)).equals(whole));
  assert.deepEqual((await ok(["backup", "create", folder])).objects.damaged, []);
  // A copy that is damaged itself is made anew.
  truncateSync(path.join(folder, "store", key), 10);
  assert.deepEqual((await ok(["backup", "create", folder])).objects.damaged, []);
  assert.ok((await readFile(path.join(folder, "store", key))).equals(whole));
});

test("a missing object, a flipped bit, a cut file and a file that nobody owns are found", async () => {
  assert.equal((await ok(["archive", "verify"])).objects, 3);
  const [missing, flipped, cut] = (await objects()) as [string, string, string];
  await unlink(missing);
  const bytes = await readFile(flipped);
  bytes[bytes.length - 10]! ^= 1;
  writeFileSync(flipped, bytes);
  truncateSync(cut, 500);
  const stray = path.join(dataDir, "objects/objects/stray.dcm");
  writeFileSync(stray, "x");
  const old = new Date(Date.now() - 2 * 3_600_000);
  utimesSync(stray, old, old);
  const found = await cli(["archive", "verify", "--json"]);
  assert.equal(found.code, 1);
  assert.deepEqual(
    [found.json.ok, found.json.missing.length, found.json.corrupt.length, found.json.orphaned],
    [false, 1, 2, ["objects/stray.dcm"]],
  );
  assert.match((await cli(["archive", "verify"])).stdout, /1 missing, 2 damaged, 1 that no row names/);
});

test("audit verify keeps anchors outside, and ends with 1 on a broken chain", async () => {
  const anchors = path.join(work, "anchors.json");
  await ok(["audit", "verify", "--save-anchors", anchors]);
  await ok(["audit", "verify", "--anchors", anchors]);
  await db.owner.query("ALTER TABLE audit_event DISABLE TRIGGER USER");
  await db.owner.query("UPDATE audit_event SET actor_name = 'nobody' WHERE seq = 2");
  await db.owner.query("ALTER TABLE audit_event ENABLE TRIGGER USER");
  const found = await cli(["audit", "verify", "--anchors", anchors]);
  assert.equal(found.code, 1);
  assert.match(found.stdout, /event 2: altered/);
});
