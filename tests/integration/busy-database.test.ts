import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { toDomainError } from "#server/errors.ts";
import { systemActor } from "#server/system-actor.ts";
import { handleTrpcRequest } from "#server/trpc/handle-request.ts";
import { createCallerFactory, router, tenantProcedure } from "#server/trpc/procedure.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let radiologist: Awaited<ReturnType<typeof signedIn>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  radiologist = await signedIn("radiologist@nightshift.example");
});
after(() => db.drop());

const call = async (procedure: string, input: unknown, method: "GET" | "POST") => {
  const query = method === "GET" ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  const response = await handleTrpcRequest(
    new Request(`http://localhost:3000/api/trpc/${procedure}${query}`, {
      method,
      headers: { cookie: radiologist.cookie, "content-type": "application/json", host: "localhost:3000" },
      ...(method === "POST" ? { body: JSON.stringify(input) } : {}),
    }),
  );
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() };
};

test("two who lock each other out both get their turn", async () => {
  const actor = systemActor(await orgId("lakeside"), "test");
  await db.owner.query("INSERT INTO patient (org_id, patient_id) VALUES ($1, 'A'), ($1, 'B')", [actor.orgId]);
  const both = Promise.withResolvers<void>();
  let inside = 0;
  let runs = 0;
  const inOrder = (first: string, second: string) =>
    withTenant(actor, async ({ tx }) => {
      runs++;
      await tx.$executeRaw`UPDATE patient SET created_at = now() WHERE patient_id = ${first}`;
      if (++inside === 2) both.resolve();
      await both.promise;
      await tx.$executeRaw`UPDATE patient SET created_at = now() WHERE patient_id = ${second}`;
    });
  await Promise.all([inOrder("A", "B"), inOrder("B", "A")]);
  assert.equal(runs, 3, "the database undid one, which ran again");
});

test("a question whose connection is cut is asked again; an act is not done twice, and answers: try again", async () => {
  let runs = 0;
  const cutOnce = async (tx: { $queryRaw: (parts: TemplateStringsArray) => Promise<unknown> }) => {
    runs++;
    if (runs > 1) return runs;
    const [{ pid }] = (await tx.$queryRaw`SELECT pg_backend_pid() AS pid`) as [{ pid: number }];
    await db.owner.query("SELECT pg_terminate_backend($1)", [pid]);
    await tx.$queryRaw`SELECT 1`;
    return runs;
  };
  const routes = router({
    ask: tenantProcedure.query(({ ctx }) => cutOnce(ctx.tx)),
    act: tenantProcedure.mutation(({ ctx }) => cutOnce(ctx.tx)),
  });
  const caller = createCallerFactory(routes)({
    actor: radiologist.actor,
    requestId: "r",
    address: "unknown",
    prove: async () => {},
  });
  assert.equal(await caller.ask(), 2);
  runs = 0;
  await assert.rejects(caller.act(), (error: { code?: string }) => {
    assert.equal(error.code, "SERVICE_UNAVAILABLE");
    assert.equal(toDomainError(error).code, "server.busy");
    return true;
  });
  assert.equal(runs, 1);
});

test("a claim that must wait too long is answered as busy with a time to come back; a report is read at the second try", async () => {
  const waits = await makeUnreadCase(db.owner, { patientName: "Wait^Long" });
  const reads = await makeUnreadCase(db.owner, { patientName: "Read^Slow" });
  const [caseHolder, tableHolder] = [await db.owner.connect(), await db.owner.connect()];
  /** Both wait at the same time, for nothing of each other's. */
  const claimLate = async () => {
    await caseHolder.query("BEGIN");
    await caseHolder.query("SELECT 1 FROM reading_case WHERE id = $1 FOR UPDATE", [waits.caseId]);
    const claim = await call("worklist.claim", { caseId: waits.caseId }, "POST");
    assert.deepEqual([claim.status, claim.body.error.data.appCode], [503, "server.busy"]);
    assert.ok(Number(claim.retryAfter) > 0);
    await caseHolder.query("ROLLBACK");
    assert.equal((await call("worklist.claim", { caseId: waits.caseId }, "POST")).status, 200);
  };
  // A table that the report needs is held for longer than one transaction may take, and for less than two.
  const readSlowly = async () => {
    await tableHolder.query("BEGIN");
    await tableHolder.query("LOCK TABLE report_version IN ACCESS EXCLUSIVE MODE");
    const before = Date.now();
    const asked = call("report.get", { caseId: reads.caseId }, "GET");
    setTimeout(() => void tableHolder.query("ROLLBACK"), 12_000);
    assert.equal((await asked).status, 200);
    assert.ok(Date.now() - before > 10_000, "the first try had run out");
  };
  try {
    await Promise.all([claimLate(), readSlowly()]);
  } finally {
    for (const holder of [caseHolder, tableHolder]) {
      await holder.query("ROLLBACK");
      holder.release();
    }
  }
});
