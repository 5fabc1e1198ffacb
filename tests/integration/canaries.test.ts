import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { createApiToken } from "#server/auth/api-token.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import { EdgeUnderTest, isListening } from "../conformance/edge-process.ts";
import { useTestDatabase } from "../database.ts";
import { canaries, canaryTexts, element, canaryPatient as patient } from "../factories/canary-patient.ts";
import { setEveryPacs } from "../factories/destinations.ts";
import type { Tiny } from "../factories/tiny-instance.ts";
import { submitSignIn } from "../next-auth-server.ts";
import { eventually, freePort, useTestRedis } from "../redis.ts";
import { files, type Place, redisHolds, search, tables, Watched } from "../support/canaries.ts";
import { run } from "../support/run.ts";

/**
 * Words that occur nowhere else stand for a patient, a report and a password. They go through every feature of an edge router,
 * the front door, tRPC and sign-in, and the worker, each the process it is, also where things fail; then everything that these
 * processes said, kept and named is searched.
 */
const { name, id, accession, birthDate, referring, clinical, words, reason, password, wrong } = canaryTexts;
const dir = mkdtempSync(path.join(tmpdir(), "overread-canaries-"));
const dataDir = path.join(dir, "data");
const temporary = path.join(dir, "tmp");
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let edge: EdgeUnderTest;
let processes: Watched[] = [];
let base: string;
let token: string;
let metricsToken: string;
/** What was answered to what could not be done, with the headers, and every answer of a STOW. */
const refusals: Place[] = [];
const toldByEdge: string[] = [];

before(async () => {
  for (const folder of [dataDir, temporary]) mkdirSync(folder);
  redis = await useTestRedis();
  db = await useTestDatabase();
  const [port, webPort, pacsPort] = [await freePort(), await freePort(), await freePort()];
  Object.assign(process.env, {
    OVERREAD_DATA_DIR: dataDir,
    OVERREAD_STORAGE: `file:${dataDir}/objects`,
    OVERREAD_STORAGE_RESERVE_BYTES: "0",
    OVERREAD_PORT: String(port),
    OVERREAD_WEB_PORT: String(webPort),
    OVERREAD_LOG_LEVEL: "trace",
    TMPDIR: temporary,
  });
  await seedDemo({ password });
  token = (await createApiToken("lakeside", ["dicomweb:read", "dicomweb:write", "fhir:read"], "canaries")).token;
  metricsToken = (await createApiToken("overread", ["metrics"], "canaries")).token;
  await db.owner.query("UPDATE facility SET quiet_seconds = 1");
  await setEveryPacs(db.owner, { aeTitle: "LOCALPACS", host: "127.0.0.1", port: pacsPort });
  const pacsDir = path.join(dir, "pacs");
  mkdirSync(pacsDir);
  processes = [
    new Watched("Redis, all along", "redis-cli", ["-u", redis.url, "monitor"]),
    new Watched("PACS", "storescp", ["+B", "-uf", "-aet", "LOCALPACS", "-od", pacsDir, String(pacsPort)]),
    new Watched("web", process.execPath, ["tests/support/web-process.ts"]),
    new Watched("front door", process.execPath, ["src/server/front-door/main.ts"]),
    new Watched("worker", process.execPath, ["src/workers/main.ts"]),
  ];
  base = `http://localhost:${port}`;
  for (const each of [port, webPort, pacsPort]) await eventually(() => isListening(each), "the processes");
  const { code } = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  edge = await EdgeUnderTest.create({ enroll: false });
  toldByEdge.push((await edge.cli("enroll", "--portal", base, "--code", code)).output);
  await edge.start();
});
after(async () => {
  await edge?.remove();
  for (const each of processes) await each.stop();
  await db.drop();
  await redis.drop();
  rmSync(dir, { recursive: true, force: true });
});

type Answer = { status: number; text: string };
/** Asks the front door; a refusal is kept to be searched. */
async function ask(at: string, init: RequestInit = {}, keep = false): Promise<Answer> {
  const response = await fetch(`${base}${at}`, { redirect: "manual", ...init });
  const answer = { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString("latin1") };
  const place = `answer ${response.status} of ${decodeURIComponent(at.split("?")[0]!).slice(0, 60)}`;
  const said = `${JSON.stringify([...response.headers])} ${answer.text}`;
  if (keep || response.status >= 400) refusals.push({ place, text: said });
  return answer;
}
const bearer = (): Record<string, string> => ({ authorization: `Bearer ${token}` });
const stow = (file: Uint8Array, type = "application/dicom", whole = "multipart/related"): Promise<Answer> =>
  ask(
    "/dicomweb/lakeside/studies",
    {
      method: "POST",
      headers: { ...bearer(), "content-type": `${whole}; type="application/dicom"; boundary=b` },
      body: Buffer.concat([Buffer.from(`--b\r\nContent-Type: ${type}\r\n\r\n`), file, Buffer.from("\r\n--b--\r\n")]),
    },
    true,
  );
async function signIn(email: string): Promise<string> {
  const { jar } = await submitSignIn(base, { email, password });
  return jar.header;
}
/** Calls a procedure. @throws unless it is answered as expected */
async function call(cookie: string, procedure: string, input: unknown, status = 200) {
  const answer = await ask(`/api/trpc/${procedure}`, {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: typeof input === "string" ? input : JSON.stringify(input),
  });
  assert.equal(answer.status, status, `${procedure}: ${answer.text.slice(0, 500)}`);
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's JSON parser sees
  return JSON.parse(answer.text)?.result?.data as any;
}
const one = async (sql: string, values: unknown[] = []): Promise<string> =>
  String((await db.owner.query<{ value: unknown }>(sql, values)).rows[0]?.value ?? "");
const caseOf = (study: string): Promise<string> =>
  eventually(
    () =>
      one(
        `SELECT c.id AS value FROM reading_case c JOIN study s ON s.id = c.study_ref
         WHERE s.study_instance_uid = $1 AND c.state = 'unread'`,
        [study],
      ),
    "a case to read",
    120_000,
  );
/** Lets the database refuse every new row of a table while something is tried, quoting the whole row as it does. */
async function whileBroken(table: string, act: () => Promise<void>): Promise<void> {
  await db.owner.query(`ALTER TABLE ${table} ADD CONSTRAINT broken_on_purpose CHECK (false) NOT VALID`);
  try {
    await act();
  } finally {
    await db.owner.query(`ALTER TABLE ${table} DROP CONSTRAINT broken_on_purpose`);
  }
}

/** By C-STORE; the study in which the report is written. */
const sent = patient();
/** By STOW. */
const stowed = patient();

test("by C-STORE: taken, refused, malformed, and named like a patient", async () => {
  const send = async (made: Tiny) => {
    const file = path.join(dir, `${newUid()}.dcm`);
    writeFileSync(file, made.part10);
    return edge.storescu([], [file]);
  };
  assert.equal((await send(sent)).code, 0);
  await send(patient({ study: name }));
  await send(patient({ instance: id }));
  await send(patient({ elements: { "0020000E": undefined } }));
  await send({ ...sent, part10: patient().part10.subarray(0, -40) });
  await send({ ...sent, part10: Buffer.concat([patient().part10, Buffer.from(`${name} ${clinical}`)]) });
  await eventually(async () => (await edge.status()).refused.count > 1, "refusals of the edge", 120_000);
  await eventually(async () => (await edge.status()).queue.instances === 0, "an empty queue", 120_000);
  toldByEdge.push(JSON.stringify(await edge.status()), (await edge.cli("status")).output);
});

test("by STOW: taken, set aside, malformed, of a wrong type, and refused by the database", async () => {
  assert.equal((await stow(stowed.part10)).status, 200);
  const again = patient({ ...stowed, elements: { "00081030": element("LO", `${clinical} again`) } });
  await stow(again.part10);
  assert.equal(await one("SELECT count(*) AS value FROM instance WHERE status = 'quarantined'"), "1");
  await stow(patient().part10.subarray(0, -40));
  await stow(patient({ study: name }).part10);
  await stow(patient({ elements: { "00100030": element("DA", name), "00280010": element("US", "1") } }).part10);
  await stow(Buffer.from(`${name} ${id} ${clinical}`), `text/${words}`);
  await stow(Buffer.from(`{"00100010":"${name}"`), "application/dicom+json");
  await stow(Buffer.from(name), "application/dicom", `application/${words}`);
  await whileBroken("study", async () => {
    assert.ok((await stow(patient().part10)).status >= 409);
  });
});

test("in addresses, headers and forms", async () => {
  const headers = bearer();
  const values = [name, id, accession, birthDate, referring, clinical, words, wrong].map(encodeURIComponent);
  const keys = [
    "PatientName",
    "PatientID",
    "AccessionNumber",
    "PatientBirthDate",
    "ReferringPhysicianName",
    "StudyDate",
  ];
  const found = await ask(`/dicomweb/lakeside/studies?PatientName=${encodeURIComponent(name)}&PatientID=${id}`, {
    headers,
  });
  assert.ok(found.text.includes(id), "a search finds the patient");
  for (const value of values) {
    for (const key of [...keys, "00104000", "limit", "offset", "includefield", "fuzzymatching", value])
      await ask(`/dicomweb/lakeside/studies?${key}=${value}`, { headers });
    for (const at of [
      `/dicomweb/lakeside/studies/${value}/metadata`,
      `/dicomweb/${value}/studies`,
      `/dicomweb/lakeside/${value}`,
      `/dicomweb/lakeside/studies/${stowed.study}/rendered?window=${value}`,
      `/fhir/R4/Patient?name=${value}`,
      `/fhir/R4/DiagnosticReport/${value}`,
      `/api/reports/${value}/pdf`,
      `/api/quarantine/${value}`,
      `/api/trpc/worklist.get?input=${value}`,
      `/api/trpc/${value}`,
      `/edge/v1/${value}`,
      `/${value}`,
      "/metrics",
    ])
      for (const its of [headers, { authorization: `Bearer ${value}` }, { cookie: `next-auth.session-token=${value}` }])
        await ask(at, { headers: its });
    await ask("/dicomweb/lakeside/studies", {
      method: "POST",
      headers: { ...headers, "content-type": value },
      body: value,
    });
  }
  await db.owner.query("ALTER TABLE study RENAME TO study_away");
  for (const value of values) {
    const failed = await ask(`/dicomweb/lakeside/studies?PatientName=${value}&PatientID=${value}`, { headers });
    assert.ok(failed.status >= 500, failed.text);
  }
  await db.owner.query("ALTER TABLE study_away RENAME TO study");
  for (const fields of [
    { email: "radiologist@nightshift.example", password: wrong },
    { email: wrong, password },
    { email: "radiologist@nightshift.example", password: wrong, totp: wrong },
    { email: "radiologist@nightshift.example", password: password.repeat(1000) },
  ])
    refusals.push({ place: "answer of sign-in", text: (await submitSignIn(base, fields)).location });
});

test("through the screens' verbs: search, claim, write, sign, hold, skip, take over, decide", async () => {
  const [reader, colleague, admin, tech, referrer] = (await Promise.all(
    [
      "radiologist@nightshift.example",
      "radiologist2@nightshift.example",
      "admin@lakeside.example",
      "tech@lakeside.example",
      "referrer@lakeside.example",
    ].map(signIn),
  )) as [string, string, string, string, string];
  const caseId = await caseOf(sent.study);
  for (const wanted of [name, id, accession, clinical])
    assert.ok(
      (await call(reader, "worklist.list", { filter: { text: wanted.split("^")[0] } })).items.length > 0,
      wanted,
    );
  await call(reader, "worklist.list", { filter: { text: wrong } });
  const sections = [{ key: "impression", title: "Impression", text: words }];
  const { claimToken } = await call(reader, "worklist.claim", { caseId });
  await call(colleague, "worklist.claim", { caseId }, 409);
  await call(reader, "study.open", { caseId });
  await call(reader, "report.get", { caseId });
  await whileBroken("report_draft", () =>
    call(reader, "report.saveDraft", { caseId, claimToken, version: 0, sections }, 500),
  );
  await call(reader, "report.saveDraft", { caseId, claimToken, version: 0, sections });
  const late = [{ ...sections[0], text: `${words} late` }];
  await call(reader, "report.saveDraft", { caseId, claimToken, version: 0, sections: late }, 409);
  await call(reader, "worklist.release", { caseId, claimToken });
  const second = (await call(colleague, "worklist.claim", { caseId })).claimToken;
  await call(colleague, "report.takeOverDraft", { caseId, claimToken: second, version: 1 });
  const { version } = await call(colleague, "report.get", { caseId });
  const toSign = { caseId, claimToken: second, version };
  await call(colleague, "report.sign", { ...toSign, password: wrong }, 403);
  await whileBroken("report_version", () => call(colleague, "report.sign", { ...toSign, password }, 500));
  await whileBroken("report_document", async () => {
    await call(colleague, "report.sign", { ...toSign, password });
    await eventually(
      () =>
        one(
          "SELECT last_error AS value FROM outbox_job WHERE name = 'report.store-documents' AND last_error IS NOT NULL",
        ),
      "a job that failed",
      120_000,
    );
  });
  await call(colleague, "report.addendum", { caseId, text: words, password: wrong }, 403);
  await call(colleague, "report.addendum", { caseId, text: `${words} later`, password });

  const other = await caseOf(stowed.study);
  await call(reader, "worklist.skip", { caseId: other, reason });
  await call(colleague, "worklist.hold", { caseId: other, reason });
  await call(colleague, "worklist.resume", { caseId: other });
  const aside = (await call(admin, "quarantine.list", {})).items[0].instanceId;
  await call(admin, "quarantine.resolve", { instanceId: aside, decision: "discard", reason });
  assert.equal((await ask("/api/trpc/facility.list", { headers: { cookie: admin } })).status, 200);
  await call(admin, "facility.update", { facilitySlug: "lakeside-main", timeZone: name }, 400);
  await call(admin, "audit.search", {});
  await call(admin, "identity.list", {});
  await call(tech, "worklist.list", {});
  await call(referrer, "referral.list", {});
  // What does not fit, in every place of an input.
  for (const bad of [name, words, wrong]) {
    await call(reader, "worklist.claim", { caseId: bad }, 400);
    await call(reader, "worklist.claim", `{"caseId": "${bad}`, 400);
    await call(reader, "report.saveDraft", { caseId, claimToken: bad, version: bad, sections: bad, [bad]: bad }, 400);
    await call(reader, "report.sign", { caseId: bad, claimToken: bad, version: bad, password: bad }, 403);
    const tooLarge = { method: "POST", headers: { cookie: reader }, body: bad.repeat(200_000) };
    // The front door may hang up before all is said; what it answers is searched where it comes through.
    await ask("/api/trpc/report.saveDraft", tooLarge).catch(() => undefined);
  }
});

test("on their way home: the documents, their deliveries, a picture that cannot be drawn, the counts", async () => {
  const documents = "FROM outbox_job WHERE name = 'report.store-documents' AND done_at IS NULL";
  await eventually(async () => (await one(`SELECT count(*) AS value ${documents}`)) === "0", "documents", 120_000);
  assert.equal(await one("SELECT count(*) AS value FROM report_document"), "4");
  await eventually(
    async () => (await one("SELECT count(*) AS value FROM delivery WHERE state = 'delivered'")) === "4",
    "every document in the hospital's PACS",
    90_000,
  );
  const reader = await signIn("radiologist@nightshift.example");
  const version = await one("SELECT id AS value FROM report_version LIMIT 1");
  const pdf = await ask(`/api/reports/${version}/pdf`, { headers: { cookie: reader } });
  assert.ok(pdf.text.startsWith("%PDF"));
  const key = await one("SELECT object_key AS value FROM instance WHERE sop_instance_uid = $1", [sent.instance]);
  truncateSync(path.join(dataDir, "objects", key), 700);
  const at = `/dicomweb/lakeside/studies/${sent.study}/series/${sent.series}/instances/${sent.instance}`;
  for (const what of ["", "/rendered", "/frames/1", "/metadata", "/bulkdata/7FE00010"])
    await ask(`${at}${what}`, { headers: { ...bearer(), accept: "*/*" } });
});

async function places(): Promise<Place[]> {
  const { text: counts } = await ask("/metrics", { headers: { authorization: `Bearer ${metricsToken}` } }, true);
  return [
    ...processes.map((each) => ({ place: each.name, text: each.output })),
    { place: "edge", text: edge.log + toldByEdge.join("\n") },
    await redisHolds(redis.url),
    ...(await tables(db.owner)),
    { place: "metrics", text: counts },
    ...refusals,
    ...files(
      [dataDir, temporary],
      [path.join(dataDir, "objects"), path.join(edge.stateDir, "spool"), path.join(edge.stateDir, "returns")],
    ),
  ];
}

test("none of it lies anywhere but in the tables and the object store that are meant to hold it", async (t) => {
  const all = await places();
  const sizes = Object.fromEntries(
    all.filter(({ place }) => !place.startsWith("answer")).map(({ place, text }) => [place, text.length]),
  );
  const bytes = all.reduce((sum, { text }) => sum + text.length, 0);
  t.diagnostic(
    `searched ${all.length} places, ${bytes} characters, ${refusals.length} refusals; ${JSON.stringify(sizes)}`,
  );
  // An empty place proves nothing.
  for (const place of [
    "Redis, all along",
    "web",
    "front door",
    "worker",
    "edge",
    "outbox_job",
    "metrics",
    "names of files",
  ])
    assert.ok((sizes[place] ?? 0) > 200, `${place} holds ${sizes[place]} characters`);
  assert.ok(refusals.length > 300, String(refusals.length));
  // Each canary got to where it should be, so that it could have got further.
  for (const canary of canaries) {
    const seen = search([{ ...canary, homes: [] }], all).map(({ place }) => place);
    for (const home of canary.homes.slice(-1)) assert.ok(seen.includes(home), `${canary.what} is not in ${home}`);
  }
  assert.deepEqual(search(canaries, all), []);
});

test("a canary that is planted is found, in every kind of place and every writing", async () => {
  const planted = ["plain", "url", "base64", "hex"];
  const written = [
    words,
    encodeURIComponent(words),
    ...(["base64", "hex"] as const).map((as) => Buffer.from(`"${words}"`).toString(as)),
  ];
  const log = new Watched("planted log", process.execPath, [
    "--input-type=module",
    "--eval",
    `import { createLog } from "#server/log.ts"; for (const line of ${JSON.stringify(written)}) createLog("worker").info({ line }, "planted");`,
  ]);
  processes.push(log);
  await eventually(() => log.output.includes(written[3]!), "the planted lines");
  await run("redis-cli", ["-u", redis.url, "hset", "planted", ...written]);
  await db.owner.query("UPDATE outbox_job SET payload = payload || $1::jsonb", [JSON.stringify({ written })]);
  for (const line of written) writeFileSync(path.join(temporary, `${line.replaceAll("/", "_")}.tmp`), line);
  refusals.push(...written.map((line) => ({ place: "answer", text: line })));
  await eventually(async () => (await redisHolds(redis.url)).text.includes(written[3]!), "the planted keys");
  const hits = search(canaries, await places());
  for (const place of [
    "planted log",
    "Redis, all along",
    "Redis, in the end",
    "outbox_job",
    "answer",
    "names of files",
  ])
    for (const as of planted)
      assert.ok(
        hits.some((hit) => hit.place === place && hit.as === as && hit.what === "report words"),
        `${place}, ${as}`,
      );
});
