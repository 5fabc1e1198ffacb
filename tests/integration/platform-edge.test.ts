import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { EdgeConfig, HeartbeatResponse } from "@overread/shared/edge-contract/v1";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { EdgeClient, heartbeat } from "../edge-client.ts";
import { makeStudy } from "../factories/studies.ts";
import { eventually, useTestRedis } from "../redis.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let base: string;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-platform-"));
before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "error") });
  base = `http://127.0.0.1:${door.port}`;
});
after(async () => {
  await door.stop(1000);
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function codeFor(facilitySlug: string): Promise<string> {
  return (await withMaintenance((tx) => issueEnrollmentCodeAsOperator(tx, { facilitySlug, by: "test" }))).code;
}
async function enrolled(facilitySlug: string): Promise<EdgeClient> {
  const edge = new EdgeClient(base);
  assert.equal((await edge.enroll(await codeFor(facilitySlug))).status, 200);
  assert.equal((await edge.authenticate()).status, 200);
  return edge;
}
const refusals = async () =>
  (
    await db.owner.query<{ reason: string }>(
      "SELECT coalesce(details->>'reason', action) AS reason FROM audit_event WHERE outcome = 'refused' ORDER BY at",
    )
  ).rows.map((row) => row.reason);

test("a site administrator gets a code for another edge router, and it enrols with it", async () => {
  const admin = await signedIn("admin@lakeside.example");
  const caller = createCaller(admin.actor);
  const { code, command, expiresAt } = await caller.edge.issueCode({ facilitySlug: "lakeside-north" });
  assert.match(command, new RegExp(`--code ${code}$`));
  assert.ok(expiresAt.getTime() > Date.now() + 23 * 3_600_000);
  const edge = new EdgeClient(base);
  const answer = await edge.enroll(code.toLowerCase().replaceAll("-", " "));
  assert.equal(answer.status, 200);
  assert.equal(answer.json.orgSlug, "lakeside");
  assert.equal(answer.json.facilitySlug, "lakeside-north");
  EdgeConfig.parse(answer.json.config);
  assert.equal((await edge.authenticate()).status, 200);
  assert.equal((await edge.call("POST", "/heartbeat", heartbeat())).status, 200);
  const mine = (await caller.edge.list()).find((item) => item.edgeId === edge.edgeId);
  assert.deepEqual([mine?.online, mine?.queue?.instances, mine?.facility.slug], [true, 3, "lakeside-north"]);
  const others = await createCaller((await signedIn("admin@harbor.example")).actor).edge.list();
  assert.deepEqual(others, []);
});

test("nobody but an administrator of the hospital gets a code", async () => {
  const issue = async (email: string) =>
    createCaller((await signedIn(email)).actor).edge.issueCode({ facilitySlug: "lakeside-main" });
  await assert.rejects(
    issue("admin@harbor.example"),
    (error: { cause: { code: string } }) => error.cause.code === "facility.not-found",
  );
  for (const email of ["tech@lakeside.example", "radiologist@nightshift.example", "operator@overread.example"])
    await assert.rejects(issue(email), (error: { cause: { code: string } }) => error.cause.code === "auth.forbidden");
});

test("of ten routers that come with one code at the same time, one is enrolled", async () => {
  const code = await codeFor("lakeside-main");
  const answers = await Promise.all(Array.from({ length: 10 }, () => new EdgeClient(base).enroll(code)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(answers.filter((answer) => answer.code === "edge.code-invalid").length, 9);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM edge_router e JOIN facility f ON f.id = e.facility_id WHERE f.slug = 'lakeside-main'",
  );
  assert.equal(rows[0].n, 1);
  assert.ok((await refusals()).includes("edge.enroll"), "a spent code that is tried again is on record");
});

test("a code works for a day, and unknown codes and keys that are none are refused", async () => {
  const code = await codeFor("lakeside-main");
  await db.owner.query("UPDATE enrollment_code SET expires_at = now() - interval '1 second' WHERE used_at IS NULL");
  assert.equal((await new EdgeClient(base).enroll(code)).code, "edge.code-invalid");
  assert.equal((await new EdgeClient(base).enroll("AAAA-BBBB-CCCC-DDDD")).code, "edge.code-invalid");
  const edge = new EdgeClient(base);
  assert.equal((await edge.enroll(await codeFor("lakeside-main"), "not a key")).code, "request.invalid");
  const privatePem = edge.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  assert.equal((await edge.enroll(await codeFor("lakeside-main"), privatePem)).code, "request.invalid");
});

test("a proof of the key works once, in its time, for this portal, with this key and algorithm", async () => {
  const edge = await enrolled("lakeside-main");
  const other = await enrolled("lakeside-main");
  const assertion = edge.assertion();
  assert.equal((await edge.authenticate(assertion)).status, 200);
  const replay = await edge.authenticate(assertion);
  assert.deepEqual([replay.status, replay.code], [401, "edge.assertion-invalid"]);
  assert.ok((await refusals()).includes("replayed"));
  const now = Math.floor(Date.now() / 1000);
  const bad = {
    audience: edge.assertion({ aud: "another-portal" }),
    expired: edge.assertion({ iat: now - 400, exp: now - 300 }),
    future: edge.assertion({ iat: now + 300, exp: now + 360 }),
    "too long": edge.assertion({ exp: now + 3600 }),
    issuer: edge.assertion({ iss: other.edgeId }),
    key: edge.assertion({}, { key: other.privateKey }),
    "alg none": edge.assertion({}, { header: { alg: "none" } }),
    garbage: "a.b.c",
  };
  for (const [what, text] of Object.entries(bad))
    assert.equal((await edge.authenticate(text)).code, "edge.assertion-invalid", what);
  const stranger = new EdgeClient(base);
  stranger.edgeId = randomUUID();
  assert.equal((await stranger.authenticate()).code, "edge.assertion-invalid");
});

test("a revoked edge router is out within seconds and gets no new token", async () => {
  const edge = await enrolled("lakeside-main");
  assert.equal((await edge.call("GET", "/config")).status, 200);
  const admin = createCaller((await signedIn("admin@lakeside.example")).actor);
  const harbor = createCaller((await signedIn("admin@harbor.example")).actor);
  await assert.rejects(
    harbor.edge.revoke({ edgeId: edge.edgeId }),
    (error: { cause: { code: string } }) => error.cause.code === "edge.not-found",
  );
  const revokedAt = Date.now();
  await admin.edge.revoke({ edgeId: edge.edgeId });
  const answer = await edge.authenticate();
  assert.deepEqual([answer.status, answer.code], [403, "edge.revoked"]);
  await eventually(async () => (await edge.call("GET", "/config")).status === 401, "the token ending");
  assert.ok(Date.now() - revokedAt < 30_000);
  assert.ok((await refusals()).includes("revoked"));
});

test("calls without a token, with a program's token, or with a body that does not fit are refused", async () => {
  const edge = new EdgeClient(base);
  assert.deepEqual(
    [(await edge.call("GET", "/config")).status, (await edge.call("GET", "/config")).code],
    [401, "auth.required"],
  );
  const { cookie } = await signedIn("admin@lakeside.example");
  assert.equal((await edge.call("GET", "/config", undefined, { cookie })).code, "auth.forbidden");
  const good = await enrolled("lakeside-main");
  assert.equal((await good.call("POST", "/heartbeat", { softwareVersion: 1 })).code, "request.invalid");
  assert.equal((await good.call("POST", "/heartbeat", "{")).code, "request.invalid");
  assert.equal(
    (await good.call("POST", "/heartbeat", heartbeat({ padding: "x".repeat(100_000) }))).code,
    "request.too-large",
  );
  assert.equal(
    (await good.call("POST", "/heartbeat", "a=b", { "content-type": "text/plain" })).code,
    "request.unsupported-media-type",
  );
  assert.equal((await good.call("POST", "/nonsense", {})).status, 400);
});

test("settings changed by the administrator reach the edge router", async () => {
  const edge = await enrolled("lakeside-north");
  const before = (await edge.call("POST", "/heartbeat", heartbeat())).json.configVersion;
  const admin = createCaller((await signedIn("admin@lakeside.example")).actor);
  await admin.facility.update({
    facilitySlug: "lakeside-north",
    allowedCallingAeTitles: ["CT1", "MR1"],
    quietSeconds: 30,
    localPacs: { aeTitle: "NORTHPACS", host: "10.0.0.5", port: 104 },
  });
  const beat = await edge.call("POST", "/heartbeat", heartbeat());
  assert.equal(beat.json.configVersion, before + 1);
  const config = EdgeConfig.parse((await edge.call("GET", "/config")).json);
  assert.deepEqual(config.allowedCallingAeTitles, ["CT1", "MR1"]);
  assert.deepEqual(config.localPacs, { aeTitle: "NORTHPACS", host: "10.0.0.5", port: 104 });
  assert.equal(config.version, before + 1);
  const harbor = createCaller((await signedIn("admin@harbor.example")).actor);
  await assert.rejects(
    harbor.facility.update({ facilitySlug: "lakeside-north", quietSeconds: 5 }),
    (error: { cause: { code: string } }) => error.cause.code === "facility.not-found",
  );
});

test("an edge router is asked again for images of its facility that are damaged, each once an hour", async () => {
  const edge = await enrolled("lakeside-main");
  const other = await enrolled("lakeside-north");
  const { studyId } = await makeStudy(db.owner, { facility: "lakeside-main", instances: 3 });
  await db.owner.query("UPDATE instance SET source = 'edge' WHERE study_ref = $1", [studyId]);
  const { rows } = await db.owner.query(
    `INSERT INTO damaged_object (org_id, instance_id, study_ref, fault, found_by)
     SELECT org_id, id, study_ref, 'corrupt', 'scrub' FROM instance WHERE study_ref = $1 ORDER BY id LIMIT 2 RETURNING id, instance_id AS instance`,
    [studyId],
  );
  const asked = async (by: EdgeClient): Promise<string[]> => {
    const { resend = [] } = HeartbeatResponse.parse((await by.call("POST", "/heartbeat", heartbeat())).json);
    return resend.map(({ sopInstanceUid }) => sopInstanceUid).sort();
  };
  const uidsOf = async (ids: string[]) =>
    (
      await db.owner.query("SELECT sop_instance_uid AS uid FROM instance WHERE id = ANY($1) ORDER BY uid", [ids])
    ).rows.map(({ uid }) => uid);
  assert.deepEqual(await asked(other), [], "not this facility's");
  assert.deepEqual(await asked(edge), await uidsOf(rows.map(({ instance }) => instance)));
  assert.deepEqual(await asked(edge), [], "not with every beat");
  await db.owner.query("UPDATE damaged_object SET sender_asked_at = now() - interval '61 min' WHERE study_ref = $1", [
    studyId,
  ]);
  await db.owner.query("UPDATE damaged_object SET healed_at = now() WHERE id = $1", [rows[0].id]);
  assert.deepEqual(await asked(edge), await uidsOf([rows[1].instance]), "what is healed is not asked for");
});

/** A study with signed report objects on their way back, written straight into the tables. */
async function studyWithDeliveries(facilitySlug: string, objects: number) {
  const org = await orgId("lakeside");
  const reader = await orgId("nightshift");
  const facility = await facilityId(facilitySlug);
  const user = (await signedIn("radiologist@nightshift.example")).actor.userId;
  const uid = () => `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;
  const one = async (sql: string, values: unknown[]) => (await db.owner.query<{ id: string }>(sql, values)).rows[0]!.id;
  const patient = await one(
    "INSERT INTO patient (org_id, reader_org_id, patient_id) VALUES ($1, $2, $3) RETURNING id",
    [org, reader, uid()],
  );
  const study = await one(
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search)
     VALUES ($1, $2, $3, $4, $5, 'X', 'X', 'x') RETURNING id`,
    [org, reader, facility, patient, uid()],
  );
  const series = await one(
    "INSERT INTO series (org_id, reader_org_id, study_ref, series_instance_uid) VALUES ($1, $2, $3, $4) RETURNING id",
    [org, reader, study, uid()],
  );
  const caseId = await one(
    "INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, due_at) VALUES ($1, $2, $3, $4, now()) RETURNING id",
    [org, reader, facility, study],
  );
  await one(
    `INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images, canonical_text, sha256, signed_by_id,
       signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid, sr_series_instance_uid, sr_sop_instance_uid)
     VALUES ($1, $2, $3, $4, 1, 'final', '[]', '[]', '', '', $5, '', '', now(), '', '', '', '') RETURNING id`,
    [org, reader, caseId, study, user],
  );
  const digests = [];
  for (let i = 0; i < objects; i++) {
    const sopInstanceUid = uid();
    const dataSetSha256 = randomUUID().replaceAll("-", "").repeat(2);
    const instance = await one(
      `INSERT INTO instance (org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256,
         object_key, size_bytes, data_set_offset, metadata, status)
       VALUES ($1, $2, $3, $4, $5, '1.2.840.10008.5.1.4.1.1.104.1', '1.2.840.10008.1.2.1', $6, 'k', 1, 0, '{}', $7) RETURNING id`,
      [org, reader, study, series, sopInstanceUid, dataSetSha256, i % 2 ? "quarantined" : "stored"],
    );
    digests.push({ sopInstanceUid, dataSetSha256 });
    await db.owner.query(
      `INSERT INTO delivery (org_id, reader_org_id, facility_id, kind, destination_id, subject_type, subject_id, study_ref, case_id)
       SELECT $1, $2, $3, kind, id, 'instance', $4, $5, $6 FROM destination WHERE facility_id = $3 AND kind = 'dicom'`,
      [org, reader, facility, instance, study, caseId],
    );
  }
  return { caseId, study, digests };
}

test("the archive confirms what it holds by hash, what it set aside included, and nothing else", async () => {
  const edge = await enrolled("lakeside-main");
  const harbor = await enrolled("harbor-general");
  const { digests } = await studyWithDeliveries("lakeside-main", 2);
  const changed = { ...digests[0]!, dataSetSha256: "0".repeat(64) };
  const answer = await edge.call("POST", "/confirm", { instances: [...digests, changed] });
  assert.deepEqual(answer.json, { held: digests, missing: [changed] });
  assert.deepEqual((await harbor.call("POST", "/confirm", { instances: digests })).json, {
    held: [],
    missing: digests,
  });
  await db.owner.query("UPDATE delivery SET state = 'delivered'");
});

test("results go to the edge router of their facility, each to one, until they are delivered", async () => {
  const [one, two] = [await enrolled("lakeside-main"), await enrolled("lakeside-main")];
  const north = await enrolled("lakeside-north");
  const { caseId } = await studyWithDeliveries("lakeside-main", 3);
  // Alone first: nobody else has taken it yet.
  assert.deepEqual((await north.call("GET", "/deliveries")).json, { deliveries: [] });
  const polls = await Promise.all([
    one.call("GET", "/deliveries"),
    two.call("GET", "/deliveries"),
    north.call("GET", "/deliveries"),
  ]);
  const lists = polls.map(
    ({ json }) => json.deliveries as { deliveryId: string; retrievePath: string; destination: object }[],
  );
  assert.equal(lists[2]!.length, 0, "another facility's router is given nothing");
  const leased = [...lists[0]!, ...lists[1]!];
  assert.equal(new Set(leased.map((d) => d.deliveryId)).size, 3);
  assert.equal(leased.length, 3, "each is handed out once");
  assert.match(leased[0]!.retrievePath, /^\/dicomweb\/lakeside\/studies\/[\d.]+\/series\/[\d.]+\/instances\/[\d.]+$/);
  assert.deepEqual(leased[0]!.destination, { aeTitle: "LOCALPACS", host: "127.0.0.1", port: 11113 });
  assert.equal((await one.call("GET", "/deliveries")).json.deliveries.length, 0, "leased");

  await db.owner.query("UPDATE delivery SET next_attempt_at = now() - interval '1 second' WHERE state = 'waiting'");
  assert.equal(
    (await one.call("GET", "/deliveries")).json.deliveries.length,
    3,
    "a lease that ran out is handed out again",
  );

  const [first, second] = [leased[0]!, leased[1]!];
  const outcome = (id: string, body: object) =>
    one.call("POST", `/deliveries/${id}/outcome`, { at: new Date().toISOString(), ...body });
  assert.equal(
    (
      await north.call("POST", `/deliveries/${first.deliveryId}/outcome`, {
        status: "delivered",
        at: new Date().toISOString(),
      })
    ).code,
    "delivery.not-found",
  );
  assert.equal((await outcome(first.deliveryId, { status: "delivered", dimseStatus: 0 })).status, 200);
  assert.equal((await outcome(first.deliveryId, { status: "delivered", dimseStatus: 0 })).status, 200);
  assert.equal((await outcome(first.deliveryId, { status: "waiting", reason: "late news" })).status, 200);
  assert.equal((await outcome(second.deliveryId, { status: "waiting", reason: "connection-refused" })).status, 200);
  assert.equal((await outcome(randomUUID(), { status: "delivered" })).code, "delivery.not-found");
  const { rows } = await db.owner.query(
    "SELECT id, state, last_failure, next_attempt_at > now() AS resting, attempts FROM delivery WHERE id = ANY($1) ORDER BY state DESC",
    [[first.deliveryId, second.deliveryId]],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  assert.deepEqual([byId.get(first.deliveryId).state, byId.get(first.deliveryId).last_failure], ["delivered", null]);
  assert.deepEqual(
    [byId.get(second.deliveryId).state, byId.get(second.deliveryId).last_failure, byId.get(second.deliveryId).resting],
    ["waiting", "connection-refused", true],
  );
  const audited = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE action = 'report.delivered' AND case_id = $1",
    [caseId],
  );
  assert.equal(audited.rows[0].n, 1, "delivered once, on record once");
  await db.owner.query("UPDATE delivery SET state = 'delivered'");
});

test("a waiting poll is answered when a result comes, and ends empty when none does", async () => {
  const edge = await enrolled("lakeside-main");
  const started = Date.now();
  assert.deepEqual((await edge.call("GET", "/deliveries?waitSeconds=1")).json, { deliveries: [] });
  assert.ok(Date.now() - started >= 900);
  const poll = edge.call("GET", "/deliveries?waitSeconds=25");
  await studyWithDeliveries("lakeside-main", 1);
  assert.equal((await poll).json.deliveries.length, 1);
});

test("an organisation's edge tables show nothing to another, whatever the query", async () => {
  const { actor } = await signedIn("admin@harbor.example");
  const lakeside = await orgId("lakeside");
  const seen = await withTenant(actor, async ({ tx }) => ({
    edges: await tx.edgeRouter.count({ where: { orgId: lakeside } }),
    codes: await tx.enrollmentCode.count({ where: { orgId: lakeside } }),
    tokens: await tx.apiToken.count({ where: { orgId: lakeside } }),
    sessions: await tx.session.count({ where: { orgId: lakeside } }),
    users: await tx.user.count({ where: { orgId: lakeside } }),
    revoked: await tx.$executeRaw`UPDATE edge_router SET revoked_at = now() WHERE org_id = ${lakeside}::uuid`,
  }));
  assert.deepEqual(seen, { edges: 0, codes: 0, tokens: 0, sessions: 0, users: 0, revoked: 0 });
  await assert.rejects(withTenant(actor, ({ tx }) => tx.$queryRaw`SELECT password_hash FROM credential`));
});

test("an edge router says that a study is complete: its case becomes ready, once, and for its own hospital only", async () => {
  const edge = await enrolled("lakeside-main");
  const harbor = await enrolled("harbor-general");
  const study = await makeStudy(db.owner, { facility: "lakeside-main", instances: 2 });
  const at = new Date().toISOString();
  const body = {
    studyInstanceUid: study.studyInstanceUid,
    purpose: "read",
    instanceCount: 2,
    callingAeTitle: "CT1",
    firstReceivedAt: at,
    lastReceivedAt: at,
  };
  assert.equal((await harbor.call("POST", "/studies/complete", body)).code, "study.not-found");
  assert.equal(
    (await edge.call("POST", "/studies/complete", { ...body, studyInstanceUid: "2.25.1" })).code,
    "study.not-found",
  );
  for (let i = 0; i < 2; i++) {
    const answer = await edge.call("POST", "/studies/complete", body);
    assert.deepEqual([answer.status, answer.json], [200, {}]);
  }
  const cases = await db.owner.query("SELECT state::text FROM reading_case WHERE study_ref = $1", [study.studyId]);
  assert.deepEqual(cases.rows, [{ state: "unread" }]);
  const router = await db.owner.query(
    "SELECT last_study_at > now() - interval '1 minute' AS recent FROM edge_router WHERE id = $1",
    [edge.edgeId],
  );
  assert.equal(router.rows[0].recent, true);
});
