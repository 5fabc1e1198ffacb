import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { failure } from "@overread/shared/delivery-failure";
import { z } from "zod";
import type { SystemActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import {
  forgetDestination,
  type Kind,
  kinds,
  listWaiting,
  type Offer,
  planSending,
  retryDeliveries,
  saveDestination,
  takeDeliveries,
} from "#server/domain/exchange/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { getReport, recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { sendDeliveries } from "#workers/handlers/send-deliveries.ts";
import { SendError, senders } from "#workers/senders/index.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { EdgeClient } from "../edge-client.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { useTestRedis } from "../redis.ts";

/**
 * A new way to leave the portal is a kind and a sender, registered: tables, verbs, worker, edge API and command line need no change. Here one
 * that the worker sends (a web hook to a server of this test) and one that goes through the edge router.
 */
const WebHook = z.object({ url: z.url(), secret: z.string() });
const webHook: Kind<"web-hook", z.output<typeof WebHook>, { reportVersionId: string; sha256: string }> = {
  kind: "web-hook",
  carrier: "portal",
  settings: WebHook,
  receives: ["report-version"],
  async contentOf({ tx }, taken) {
    const rows = await tx.$queryRaw<{ id: string; sha256: string }[]>`
      SELECT id::text, sha256 FROM report_version WHERE id = ANY(${taken.map(({ subject }) => subject.id)}::uuid[])`;
    return new Map(
      taken.flatMap(({ deliveryId, subject }) => {
        const found = rows.find(({ id }) => id === subject.id);
        return found ? [[deliveryId, { reportVersionId: found.id, sha256: found.sha256 }] as const] : [];
      }),
    );
  },
};
const lineToEngine: Kind<"line-to-engine", { host: string }, { version: string }> = {
  kind: "line-to-engine",
  carrier: "edge",
  settings: z.object({ host: z.string() }),
  receives: ["report-version"],
  contentOf: async (_, taken) => new Map(taken.map(({ deliveryId, subject }) => [deliveryId, { version: subject.id }])),
};

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let hook: Server;
let product: SystemActor;
let lakeside: string;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-exchange-"));
/** What the web hook was sent, and what it answers. */
let received: { key: string; body: { sha256: string } }[] = [];
let answers = 200;

before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "error") });
  lakeside = await orgId("lakeside");
  product = systemActor(lakeside, "worker");
  kinds.register(webHook);
  kinds.register(lineToEngine);
  senders.set("web-hook", async ({ deliveryId, destination, subject }: Offer, signal) => {
    const { url, secret } = destination as z.output<typeof WebHook>;
    const response = await fetch(url, {
      method: "POST",
      headers: { "idempotency-key": deliveryId, authorization: secret },
      body: JSON.stringify(subject),
      signal,
    });
    if (!response.ok) throw new SendError(failure("http", { status: response.status }));
    return { status: response.status };
  });
  hook = createServer(async (req, res) => {
    let text = "";
    for await (const chunk of req) text += chunk;
    if (answers === 200) received.push({ key: String(req.headers["idempotency-key"]), body: JSON.parse(text) });
    res.writeHead(answers).end();
  });
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  hook.close();
  await door.stop(1000);
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  received = [];
  answers = 200;
  await db.owner.query("UPDATE destination SET enabled = false, settings = NULL");
  await db.owner.query("UPDATE delivery SET state = 'delivered'");
  await db.owner.query("UPDATE outbox_job SET done_at = now()");
});

const toHook = () => ({ orgId: lakeside, facilityId: null, kind: "web-hook", name: "ours" });
const nameHook = () =>
  withTenant(product, ({ tx }) =>
    saveDestination(tx, toHook(), {
      url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`,
      secret: "S3CRET",
    }),
  );

/** A report signed for Lakeside, its PDF noted in the archive. */
async function signedOne() {
  const reader = (await signedIn("radiologist@nightshift.example")).actor;
  const { caseId, studyId } = await makeUnreadCase(db.owner, { facility: "lakeside-main" });
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const signed = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  const { rows } = await db.owner.query("SELECT id FROM instance WHERE study_ref = $1 LIMIT 1", [studyId]);
  const documents = [{ kind: "pdf" as const, instanceId: rows[0].id, sha256: "a".repeat(64) }];
  const record = () =>
    withTenant(product, (ctx) => recordDocuments(ctx, { reportVersionId: signed.reportVersionId, documents }));
  return { ...signed, caseId, studyId, reader, record };
}

/** The rounds that are planned, and when. */
const planned = async () =>
  (
    await db.owner.query<{ id: string; destinationId: string; isDue: boolean }>(
      `SELECT id, payload->>'destinationId' AS "destinationId", run_at <= clock_timestamp() AS "isDue" FROM outbox_job
       WHERE name = 'delivery.send' AND done_at IS NULL ORDER BY run_at`,
    )
  ).rows;
/** Runs what is due of them, as the worker would. */
async function runDue(): Promise<number> {
  const due = (await planned()).filter(({ isDue }) => isDue);
  for (const { id, destinationId } of due) {
    await sendDeliveries(
      {
        actor: product,
        requestId: "r",
        signal: new AbortController().signal,
        log: createLog("worker", "silent" as "error"),
      },
      { destinationId },
    );
    await db.owner.query("UPDATE outbox_job SET done_at = now() WHERE id = $1", [id]);
  }
  return due.length;
}
const waiting = async (failedOnly = false) =>
  (await withMaintenance((tx) => listWaiting(tx, { failedOnly, limit: 10 }))).deliveries;

test("a signed report is sent to a destination of the new kind, once, however often its documents are noted", async () => {
  await nameHook();
  await runDue();
  const { record, sha256, caseId } = await signedOne();
  assert.deepEqual(await record(), { recorded: 1, deliveries: 1 });
  assert.equal((await waiting())[0]?.kind, "web-hook");
  assert.ok((await runDue()) > 0);
  assert.deepEqual(
    received.map(({ body }) => body.sha256),
    [sha256],
  );
  assert.deepEqual(await waiting(), []);
  const { rows } = await db.owner.query(
    "SELECT details FROM audit_event WHERE action = 'report.delivered' AND case_id = $1",
    [caseId],
  );
  assert.equal(rows.length, 1);
  assert.deepEqual([rows[0].details.kind, rows[0].details.status], ["web-hook", 200]);
  assert.deepEqual(await record(), { recorded: 0, deliveries: 0 });
  await runDue();
  assert.equal(received.length, 1);
  assert.deepEqual(await planned(), [], "nothing is planned for what has arrived");
});

test("one that fails says why by a code with its parameters, is tried again later, or at once when an operator says so", async () => {
  await nameHook();
  await runDue();
  answers = 503;
  await (await signedOne()).record();
  await runDue();
  const [failed] = await waiting(true);
  assert.deepEqual(failed && [failed.org, failed.name, failed.state, failed.attempts, failed.lastFailure], [
    "lakeside",
    "ours",
    "failed",
    1,
    { code: "http", params: { status: 503 } },
  ]);
  assert.deepEqual(
    (await planned()).map(({ isDue }) => isDue),
    [false],
    "after its pause",
  );
  answers = 200;
  assert.equal(await runDue(), 0);
  assert.equal(received.length, 0);
  const again = await withMaintenance((tx) => retryDeliveries(tx, failed!.id));
  assert.deepEqual(again, [{ id: failed!.id, orgId: lakeside }]);
  assert.ok((await runDue()) > 0);
  assert.deepEqual(
    received.map(({ key }) => key),
    [failed!.id],
    "under the same key",
  );
  assert.deepEqual(await waiting(), []);
});

test("what was taken by a worker that died comes back when its time is over, and a kind nobody here can send says so", async () => {
  const { id: destinationId } = await nameHook();
  await runDue();
  await (await signedOne()).record();
  await db.owner.query("UPDATE outbox_job SET done_at = now()");
  const [taken] = await withTenant(product, (ctx) => takeDeliveries(ctx, { destinationId }));
  assert.ok(taken);
  assert.deepEqual(await withTenant(product, (ctx) => takeDeliveries(ctx, { destinationId })), [], "one has it");
  await withTenant(product, (ctx) => planSending(ctx, { destinationId }));
  assert.deepEqual(
    (await planned()).map(({ isDue }) => isDue),
    [false],
    "a round is planned for then",
  );
  await db.owner.query("UPDATE delivery SET next_attempt_at = now() - interval '1 second' WHERE id = $1", [
    taken.deliveryId,
  ]);
  await db.owner.query("UPDATE outbox_job SET run_at = now() - interval '1 second' WHERE done_at IS NULL");
  const send = senders.get("web-hook")!;
  senders.delete("web-hook");
  await runDue();
  senders.set("web-hook", send);
  assert.deepEqual((await waiting(true))[0]?.lastFailure, { code: "kind-unknown", params: { kind: "web-hook" } });
  assert.equal(received.length, 0);
});

test("a forgotten destination gets nothing and is owed what it was owed; named again it gets it, settings that fit no kind are refused", async () => {
  await nameHook();
  await runDue();
  const { record } = await signedOne();
  await record();
  await withTenant(product, ({ tx }) => forgetDestination(tx, toHook()));
  await runDue();
  assert.equal(received.length, 0);
  assert.equal((await waiting()).length, 1);
  const later = await signedOne();
  assert.deepEqual(await later.record(), { recorded: 1, deliveries: 0 }, "nothing new is owed to it");
  for (const wrong of [{ url: "no address", secret: "x" }, { host: "h" }, null])
    await assert.rejects(
      withTenant(product, ({ tx }) => saveDestination(tx, toHook(), wrong)),
      /request\.invalid/,
    );
  await nameHook();
  await runDue();
  assert.equal(received.length, 1);
});

test("what a destination is told to keep secret is seen by its organisation alone", async () => {
  await nameHook();
  const seen = async (email: string) => {
    const { actor } = await signedIn(email);
    const rows = await withTenant(
      actor,
      ({ tx }) => tx.$queryRaw<object[]>`SELECT * FROM destination WHERE kind = 'web-hook'`,
    );
    return rows.length;
  };
  assert.equal(await seen("admin@lakeside.example"), 1);
  assert.equal(await seen("radiologist@nightshift.example"), 0);
  assert.equal(await seen("admin@harbor.example"), 0);
});

test("through the edge router go several kinds in one list; one it cannot send is told to the hospital, by an old router too", async () => {
  const facility = await facilityId("lakeside-main");
  const place = { orgId: lakeside, facilityId: facility };
  const pacs = { aeTitle: "LOCALPACS", host: "127.0.0.1", port: 11113 };
  await withTenant(product, async ({ tx }) => {
    await saveDestination(tx, { ...place, kind: "dicom", name: "pacs" }, pacs);
    await saveDestination(
      tx,
      { ...place, kind: "line-to-engine", name: "engine" },
      { host: "engine.lakeside.example" },
    );
  });
  const { record, reportVersionId, caseId, reader } = await signedOne();
  assert.deepEqual(await record(), { recorded: 1, deliveries: 2 });

  const code = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  const router = new EdgeClient(`http://127.0.0.1:${door.port}`);
  await router.enroll(code.code);
  await router.authenticate();

  // Version 1 has words for DICOM alone.
  const old = (await router.call("GET", "/deliveries")).json.deliveries;
  assert.equal(old.length, 1);
  assert.deepEqual(old[0].destination, pacs);
  assert.equal(old[0].kind, undefined);
  assert.match(old[0].retrievePath, /^\/dicomweb\/lakeside\/studies\//);
  const [stuck] = await waiting(true);
  assert.deepEqual(
    [stuck?.kind, stuck?.lastFailure],
    ["line-to-engine", { code: "kind-unknown", params: { kind: "line-to-engine" } }],
  );
  await db.owner.query("UPDATE delivery SET next_attempt_at = now() - interval '1 second' WHERE state = 'waiting'");

  const { deliveries } = (await router.call("GET", "/api/edge/v2/deliveries")).json;
  const byKind = new Map<string, Offer>(deliveries.map((offer: Offer) => [offer.kind, offer]));
  assert.deepEqual([...byKind.keys()].sort(), ["dicom", "line-to-engine"]);
  const line = byKind.get("line-to-engine")!;
  assert.deepEqual(
    [line.destination, line.subject],
    [{ host: "engine.lakeside.example" }, { version: reportVersionId }],
  );
  const object = byKind.get("dicom")!;
  assert.deepEqual(
    { deliveryId: object.deliveryId, ...(object.subject as object), destination: object.destination },
    old[0],
    "the same, in other words",
  );

  const at = new Date().toISOString();
  const settle = (version: string, id: string, body: object) =>
    router.call("POST", `/api/edge/${version}/deliveries/${id}/outcome`, { at, ...body });
  const refusal = { status: "waiting", failure: { code: "dimse-status", params: { status: "a700" } } };
  assert.equal((await settle("v2", object.deliveryId, refusal)).status, 200);
  const shown = async () => (await withTenant(reader, (ctx) => getReport(ctx, { caseId }))).versions[0]?.deliveries[0];
  assert.deepEqual([(await shown())?.lastReason, (await shown())?.lastFailure], ["status-a700", refusal.failure]);
  assert.equal((await settle("v1", object.deliveryId, { status: "waiting", reason: "status-a700" })).status, 200);
  assert.deepEqual((await shown())?.lastFailure, refusal.failure, "an old router's words mean the same");
  assert.equal((await settle("v1", object.deliveryId, { status: "delivered", dimseStatus: 0 })).status, 200);
  assert.equal((await settle("v2", line.deliveryId, { status: "delivered", receipt: { ack: "AA" } })).status, 200);
  assert.equal((await settle("v2", line.deliveryId, { status: "delivered", receipt: { ack: "AA" } })).status, 200);
  assert.deepEqual(await waiting(), []);
  assert.equal((await shown())?.state, "delivered");
  assert.equal((await settle("v2", object.deliveryId, { status: "done" })).code, "request.invalid");
});
