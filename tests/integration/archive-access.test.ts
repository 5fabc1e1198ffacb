import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { createApiToken, findToken } from "#server/auth/api-token.ts";
import type { TokenActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { type DicomwebRoute, dicomwebRoutes } from "#server/dicomweb/index.ts";
import { confirmInstances } from "#server/domain/imaging/index.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
/** A study of Lakeside that its referring physician asked for, and one that someone else did. */
let referred: Tiny;
let other: Tiny;
const cookies: Record<string, string> = {};
before(async () => {
  archive = await useTestArchive();
  const name = (text: string) => ({ "00080090": { vr: "PN", Value: [{ Alphabetic: text }] } });
  referred = tinyInstance({ elements: name("Almeida^Rosa") });
  other = tinyInstance({ elements: name("Other^Physician") });
  await archive.stow([referred.part10, other.part10]);
  for (const email of [
    "radiologist@nightshift.example",
    "lead@nightshift.example",
    "referrer@lakeside.example",
    "tech@lakeside.example",
    "admin@lakeside.example",
    "admin@harbor.example",
    "operator@overread.example",
  ])
    cookies[email] = (await signedIn(email)).cookie;
});
after(() => archive.close());

type Who = { cookie?: string; token?: string | null; org?: string };
/** The route's address for an instance, with what the method needs. */
async function call(
  { method, pattern }: DicomwebRoute,
  { study, series, instance, part10 }: Tiny,
  who: Who,
): Promise<Response> {
  const values: Record<string, string> = { study, series, instance, frames: "1", "path*": "7FE00010" };
  const path = pattern.replace(/\{([\w*]+)\}/g, (_, name: string) => values[name] ?? "");
  const post = method === "POST" && {
    method,
    body: new Uint8Array(part10),
    headers: { "content-type": "application/dicom" },
  };
  return archive.request(path, { ...who, ...post });
}
/** An answer without what differs from request to request. */
async function answerOf(response: Response): Promise<string> {
  const body = (await response.text()).replace(/"requestId":"[^"]*"/, "");
  return `${response.status} ${body}`;
}
const reads = dicomwebRoutes.filter(({ method, pattern }) => method === "GET" && pattern.includes("{study}"));
const searches = dicomwebRoutes.filter(({ action }) => action === "study.search");

test("nobody who is not signed in gets anything", async () => {
  for (const route of dicomwebRoutes) {
    const response = await call(route, referred, { token: null });
    assert.equal(response.status, 401, route.name);
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
    assert.equal((await call(route, referred, { token: "ovr_wrong" })).status, 401, route.name);
  }
});

test("the hospital's own token reaches every route", async () => {
  for (const route of dicomwebRoutes) assert.equal((await call(route, referred, {})).status, 200, route.name);
});

test("another hospital's study is not there: not under its own root, not under theirs, word for word", async () => {
  const missing: Tiny = { ...referred, study: newUid(), series: newUid(), instance: newUid() };
  for (const route of dicomwebRoutes) {
    for (const who of [{ token: archive.tokens.harbor }, { cookie: cookies["admin@harbor.example"] as string }]) {
      const foreignRoot = await answerOf(await call(route, referred, { ...who, org: "lakeside" }));
      const noRoot = await answerOf(await call(route, referred, { ...who, org: "no-such-hospital" }));
      assert.match(foreignRoot, /^404 /, route.name);
      assert.equal(foreignRoot, noRoot, route.name);
    }
  }
  for (const route of reads) {
    const foreign = await answerOf(await call(route, referred, { token: archive.tokens.harbor, org: "harbor" }));
    const absent = await answerOf(await call(route, missing, { token: archive.tokens.harbor, org: "harbor" }));
    assert.match(foreign, /^404 /, route.name);
    assert.equal(foreign, absent, route.name);
  }
  for (const route of searches) {
    const response = await call(route, referred, { token: archive.tokens.harbor, org: "harbor" });
    assert.equal(response.status, 204, route.name);
  }
});

test("two hospitals may use the same UIDs, and each gets its own", async () => {
  const theirs = tinyInstance({ ...referred, elements: { "00100020": { vr: "LO", Value: ["HARBOR-1"] } } });
  assert.equal((await archive.stow([theirs.part10], { org: "harbor" })).status, 200);
  for (const [org, patientId] of [
    ["lakeside", "P-1"],
    ["harbor", "HARBOR-1"],
  ] as const) {
    const token = archive.tokens[org];
    const response = await archive.request(`/studies/${referred.study}/metadata`, { org, token });
    const [dataset] = (await response.json()) as Record<string, { Value: string[] }>[];
    assert.equal(dataset?.["00100020"]?.Value[0], patientId);
  }
});

test("readers of the group in contract read, and store nothing", async () => {
  for (const route of dicomwebRoutes) {
    const { status } = await call(route, other, { cookie: cookies["radiologist@nightshift.example"] as string });
    assert.equal(status, route.method === "POST" ? 404 : 200, route.name);
  }
});

test("whoever distributes the cases of the group opens no images, through any route", async () => {
  for (const route of dicomwebRoutes) {
    const { status } = await call(route, other, { cookie: cookies["lead@nightshift.example"] as string });
    assert.equal(status, route.method === "POST" ? 404 : 403, route.name);
  }
});

test("a referring physician opens the studies of own patients only", async () => {
  const cookie = cookies["referrer@lakeside.example"] as string;
  for (const route of reads) {
    assert.equal((await call(route, referred, { cookie })).status, 200, route.name);
    const foreign = await answerOf(await call(route, other, { cookie }));
    const absent = await answerOf(await call(route, { ...other, study: newUid() }, { cookie }));
    assert.match(foreign, /^404 /);
    assert.equal(foreign, absent, route.name);
  }
  const found = (await (await archive.request("/studies", { cookie })).json()) as Record<string, { Value: string[] }>[];
  assert.deepEqual(
    found.map((item) => item["0020000D"]?.Value[0]),
    [referred.study],
  );
  const series = (await (await archive.request("/series", { cookie })).json()) as unknown[];
  assert.equal(series.length, 1);
});

test("administrators and operators see no images, and their attempt is audited", async () => {
  for (const route of dicomwebRoutes) {
    assert.equal(
      (await call(route, referred, { cookie: cookies["admin@lakeside.example"] as string })).status,
      403,
      route.name,
    );
    assert.equal(
      (await call(route, referred, { cookie: cookies["operator@overread.example"] as string })).status,
      404,
      route.name,
    );
  }
  const { rows } = await archive.owner.query(
    "SELECT 1 FROM audit_event WHERE action = 'access.refused' AND actor_name = 'Mei Tanaka'",
  );
  assert.equal(rows.length, dicomwebRoutes.length);
});

test("a technologist sends and sees the images of the own hospital", async () => {
  const cookie = cookies["tech@lakeside.example"] as string;
  for (const route of dicomwebRoutes) assert.equal((await call(route, other, { cookie })).status, 200, route.name);
});

test("a token does no more than its scopes", async () => {
  const { token } = await createApiToken("lakeside", ["dicomweb:read"], "reader");
  const { token: writer } = await createApiToken("lakeside", ["dicomweb:write"], "writer");
  for (const route of dicomwebRoutes) {
    assert.equal((await call(route, referred, { token })).status, route.method === "GET" ? 200 : 403, route.name);
    assert.equal(
      (await call(route, referred, { token: writer })).status,
      route.method === "GET" ? 403 : 200,
      route.name,
    );
  }
});

test("the database alone keeps tenants apart, without any policy of ours", async () => {
  const harbor = (await findToken(archive.tokens.harbor)) as TokenActor;
  const seen = await withTenant(harbor, async ({ tx }) => ({
    studies: await tx.$queryRaw`SELECT 1 FROM study WHERE patient_id = 'P-1'`,
    series: await tx.$queryRaw`SELECT 1 FROM series s JOIN organization o ON o.id = s.org_id WHERE o.slug = 'lakeside'`,
    instances: await tx.$queryRaw`SELECT 1 FROM instance i WHERE i.org_id <> ${harbor.orgId}::uuid`,
    changed: await tx.$executeRaw`UPDATE study SET study_description = 'x' WHERE org_id <> ${harbor.orgId}::uuid`,
  }));
  assert.deepEqual(seen, { studies: [], series: [], instances: [], changed: 0 });
  const { rows } = await archive.owner.query<{ sha: string }>(
    "SELECT data_set_sha256 AS sha FROM instance WHERE sop_instance_uid = $1",
    [other.instance],
  );
  const digest = { sopInstanceUid: other.instance, dataSetSha256: rows[0]?.sha as string };
  assert.deepEqual(await withTenant(harbor, (ctx) => confirmInstances(ctx, [digest])), { held: [], missing: [digest] });
});

test("a thousand frames are one opening of a study in the audit trail", async () => {
  const { token, tokenId } = await createApiToken("lakeside", ["dicomweb:read"], "viewer");
  const path = `/studies/${other.study}/series/${other.series}/instances/${other.instance}/frames/1`;
  await Promise.all(Array.from({ length: 20 }, () => archive.request(path, { token })));
  await chainAllWaitingReads();
  const { rows } = await archive.owner.query(
    "SELECT 1 FROM audit_event WHERE action = 'study.read' AND actor_id = $1",
    [tokenId],
  );
  assert.equal(rows.length, 1);
});

test("a refusal says what to do and nothing of the patient", async () => {
  const response = await archive.request(`/studies/${newUid()}`);
  const { error } = (await response.json()) as { error: { code: string; message: string; requestId: string } };
  assert.equal(error.code, "study.not-found");
  assert.ok(error.message.length > 10);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("cache-control"), "no-store");
});
