import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { seedDemo } from "#server/demo/seed.ts";
import { audit } from "#server/domain/audit/index.ts";
import { handleTrpcRequest } from "#server/trpc/handle-request.ts";
import { createCallerFactory, router, tenantProcedure } from "#server/trpc/procedure.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

const password = "correct horse";
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let cookie: string;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password });
  cookie = (await signedIn("radiologist@nightshift.example")).cookie;
});
after(() => db.drop());

const origin = "http://localhost:3000";
type Answer = {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's JSON parser sees
  body: any;
  text: string;
  headers: Headers;
};
async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await handleTrpcRequest(new Request(`${origin}/api/trpc/${path}`, init));
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text, headers: response.headers };
}
const get = (procedure: string, input?: unknown, headers: Record<string, string> = { cookie }) =>
  send(`${procedure}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`, { headers });
const post = (procedure: string, input: unknown, headers: Record<string, string> = {}) =>
  send(procedure, {
    method: "POST",
    headers: { cookie, "content-type": "application/json", host: "localhost:3000", ...headers },
    body: JSON.stringify(input),
  });

test("plain HTTP reads a whole case: list, claim, save, sign, addendum", async () => {
  const { caseId, studyInstanceUid } = await makeUnreadCase(db.owner, { patientName: "Door^Dora" });
  const listed = await get("worklist.list", { filter: { text: "door" } });
  assert.equal(listed.status, 200);
  assert.equal(listed.body.result.data.items[0].studyInstanceUid, studyInstanceUid);
  assert.equal(listed.headers.get("cache-control"), "no-store");
  assert.equal((await get("worklist.list")).status, 200, "no input is an empty one");

  const claim = (await post("worklist.claim", { caseId })).body.result.data;
  assert.equal(typeof claim.claimToken, "string");
  assert.ok(Date.parse(claim.claimedUntil) > Date.now());
  const lost = await post(
    "worklist.claim",
    { caseId },
    { cookie: (await signedIn("radiologist2@nightshift.example")).cookie },
  );
  assert.deepEqual(
    [lost.status, lost.body.error.data.code, lost.body.error.data.appCode, lost.body.error.data.details.claimedByName],
    [409, "CONFLICT", "case.already-claimed", "Dr Ingrid Solheim"],
  );
  const draft = (await get("report.get", { caseId })).body.result.data;
  const sections = draft.sections.map((s: { key: string; text: string }) =>
    s.key === "impression" ? { ...s, text: "Normal." } : s,
  );
  const saved = await post("report.saveDraft", {
    caseId,
    claimToken: claim.claimToken,
    version: draft.version,
    sections,
  });
  assert.equal(saved.body.result.data.version, 1);
  const toSign = { caseId, claimToken: claim.claimToken, version: 1 };
  const wrong = await post("report.sign", { ...toSign, password: "wrong" });
  assert.deepEqual([wrong.status, wrong.body.error.data.appCode], [403, "auth.reauthentication-failed"]);
  assert.equal((await post("report.sign", toSign)).body.error.data.appCode, "request.invalid");
  const signed = await post("report.sign", { ...toSign, password });
  assert.match(signed.body.result.data.sha256, /^[0-9a-f]{64}$/);
  const addendum = await post("report.addendum", { caseId, text: "Later.", password });
  assert.equal(addendum.body.result.data.version, 2);
  assert.equal((await get("report.get", { caseId })).body.result.data.state, "amended");
});

test("without a session nothing is answered, and a program's token opens no door for people", async () => {
  const nobody = await get("worklist.list", {}, {});
  assert.deepEqual([nobody.status, nobody.body.error.data.appCode], [401, "auth.required"]);
  const forged = await get("worklist.list", {}, { cookie: "next-auth.session-token=forged" });
  assert.equal(forged.body.error.data.appCode, "auth.required");
});

test("a mutation needs POST from this site; a search that holds a name may be posted", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  assert.equal((await get("worklist.claim", { caseId })).status, 405);
  const elsewhere: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "null" },
  ];
  for (const headers of elsewhere) {
    const refused = await post("worklist.claim", { caseId }, headers);
    assert.deepEqual(
      [refused.status, refused.body.error.data.appCode],
      [403, "auth.forbidden"],
      JSON.stringify(headers),
    );
  }
  const { rows } = await db.owner.query("SELECT state FROM reading_case WHERE id = $1", [caseId]);
  assert.equal(rows[0].state, "unread");
  assert.equal((await post("worklist.list", { filter: { text: "x" } }, { origin })).status, 200);
  assert.equal((await post("worklist.claim", { caseId }, { origin, "sec-fetch-site": "same-origin" })).status, 200);
  const response = await handleTrpcRequest(
    new Request(`${origin}/api/trpc/worklist.list`, { method: "PUT", body: "{}" }),
  );
  assert.equal(response.status, 405);
});

test("what does not fit is refused by field, without repeating it", async () => {
  const bad = await post("worklist.claim", { caseId: "SECRET-VALUE" });
  assert.deepEqual(
    [bad.status, bad.body.error.data.appCode, bad.body.error.data.details.fields],
    [400, "request.invalid", "caseId"],
  );
  assert.ok(!bad.text.includes("SECRET-VALUE"));
  assert.ok(!/stack|\.ts:/.test(bad.text));
  const garbage = await send("worklist.claim", {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: "{",
  });
  assert.deepEqual([garbage.status, garbage.body.error.data.appCode], [400, "request.invalid"]);
  const unknown = await get("no.SECRET-VALUE");
  assert.equal(unknown.status, 404);
  assert.ok(!unknown.text.includes("SECRET-VALUE"), "what was typed for a procedure's name");
});

test("half a character, as a program that types in two steps leaves it, loses nobody's words", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = (await post("worklist.claim", { caseId })).body.result.data;
  const { sections } = (await get("report.get", { caseId })).body.result.data;
  const text = "Normal \ud83d heart.";
  const draft = { caseId, claimToken, version: 0, sections: sections.map((each: object) => ({ ...each, text })) };
  assert.equal((await post("report.saveDraft", draft)).body.result?.data.version, 1);
  const saved = (await get("report.get", { caseId })).body.result.data;
  assert.equal(saved.sections[0].text, "Normal \ufffd heart.");
  // Where a text is a name or a reason it is refused like anything else that cannot be read.
  const held = await post("worklist.hold", { caseId, reason: "waits \udc00 for priors", claimToken });
  assert.deepEqual([held.status, held.body.error?.data.appCode], [400, "request.invalid"]);
});

test("input that is nested without end is refused, and is no fault of ours", async () => {
  const deep = `${'{"a":'.repeat(60_000)}0${"}".repeat(60_000)}`;
  for (const who of [cookie, ""]) {
    const answer = await send("worklist.list", {
      method: "POST",
      headers: { cookie: who, "content-type": "application/json" },
      body: deep,
    });
    assert.deepEqual([answer.status, answer.body.error.data.appCode], [400, "request.invalid"]);
  }
});

test("a body larger than any of ours is refused, whatever its header says", async () => {
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
  });
  const refused = await send("report.saveDraft", {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body,
    duplex: "half",
  } as RequestInit);
  assert.deepEqual([refused.status, refused.body.error.data.appCode], [413, "request.too-large"]);
});

test("a batch is answered call by call, and is no longer than a screen needs", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const input = encodeURIComponent(JSON.stringify({ 0: { caseId }, 1: { caseId: crypto.randomUUID() } }));
  const answer = await send(`worklist.get,worklist.get?batch=1&input=${input}`, { headers: { cookie } });
  assert.equal(answer.status, 207);
  assert.equal(answer.body[0].result.data.caseId, caseId);
  assert.equal(answer.body[1].error.data.appCode, "case.not-found");
  const many = await send(`${Array(50).fill("worklist.list").join(",")}?batch=1&input=%7B%7D`, { headers: { cookie } });
  assert.equal(many.status, 400);
});

test("a procedure that fails after it has written leaves nothing, and says nothing of its insides", async () => {
  const { actor } = await signedIn("radiologist@nightshift.example");
  const marker = crypto.randomUUID();
  const write = tenantProcedure.mutation(async ({ ctx }) => {
    await audit(ctx, { action: "case.read", details: { marker } });
    await ctx.tx.$queryRaw`SELECT 'PATIENT' || (1 / 0)`;
  });
  const refuse = tenantProcedure.mutation(async ({ ctx }) => {
    await audit(ctx, { action: "case.read", details: { marker } });
    throw new DomainError("case.illegal-move");
  });
  const fails = createCallerFactory(router({ write, refuse }))({
    actor,
    requestId: marker,
    address: "unknown",
    prove: async () => {},
  });
  await assert.rejects(fails.write(), (error: Error) => error.message === "internal");
  await assert.rejects(fails.refuse(), (error: Error) => error.message === "case.illegal-move");
  const { rows } = await db.owner.query(
    `SELECT count(*)::int AS n FROM (SELECT details FROM audit_event UNION ALL SELECT details FROM audit_read) e WHERE details->>'marker' = $1`,
    [marker],
  );
  assert.equal(rows[0].n, 0);
});

test("200 claims over HTTP on one case: one winner", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { actor } = await signedIn("radiologist@nightshift.example");
  const people = await db.owner.query<{ email: string }>(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'claimer' || n || '@nightshift.example', 'Claimer ' || n, 'Claimer^' || n, '{radiologist}', '{}', '{}'
     FROM generate_series(1, 20) n RETURNING email`,
    [actor.orgId],
  );
  const cookies = await Promise.all(people.rows.map(async ({ email }) => (await signedIn(email)).cookie));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => post("worklist.claim", { caseId }, { cookie: cookies[n % cookies.length]! })),
  );
  const tokens = answers.flatMap(({ body }) => body.result?.data.claimToken ?? []);
  const codes = answers.flatMap(({ body }) => body.error?.data.appCode ?? []);
  assert.deepEqual([...new Set(tokens)], ["1"], "one claim");
  assert.equal(tokens.length, 10, "of one person's ten windows");
  assert.deepEqual([...new Set(codes)], ["case.already-claimed"]);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE case_id = $1 AND action = 'case.claim'",
    [caseId],
  );
  assert.equal(rows[0].n, 1);
});
