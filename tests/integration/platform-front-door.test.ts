import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "redis";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { createApiToken } from "#server/auth/api-token.ts";
import { listenerName } from "#server/db/listener.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { workerHeartbeatKey } from "#server/jobs/worker-heartbeat.ts";
import { type LiveEvent, liveChannel } from "#server/live/publish.ts";
import { createLog } from "#server/log.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { eventually, freePort, useTestRedis } from "../redis.ts";
import { run } from "../support/run.ts";
import { openScreen } from "../support/screen.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let base: string;
/** Stands where Next stands, and says what it was asked. */
let web: Server;
let onWeb: (req: IncomingMessage, body: Buffer) => Answer | Promise<Answer> = () => ({});
type Answer = { status?: number; headers?: Record<string, string>; body?: string };
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-platform-"));
const log = createLog("dicomweb", "fatal");

before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  process.env.OVERREAD_STORAGE_RESERVE_BYTES = "1000000";
  web = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const { status = 200, headers = {}, body = "page" } = await onWeb(req, Buffer.concat(chunks));
    res.writeHead(status, headers);
    res.end(body);
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  process.env.OVERREAD_WEB_PORT = String((web.address() as AddressInfo).port);
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log });
  base = `http://127.0.0.1:${door.port}`;
  await eventually(
    async () =>
      (
        await db.owner.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND state = 'idle' AND query LIKE 'LISTEN%'",
          [listenerName],
        )
      ).rowCount === 1,
    "the door listening",
  );
});
after(async () => {
  await door.stop(1000);
  web.closeAllConnections();
  web.close();
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const listen = (cookie: string) => openScreen(base, cookie);

const publish = (event: LiveEvent) => db.owner.query("SELECT pg_notify($1, $2)", [liveChannel, JSON.stringify(event)]);

test("a static file that never changes is packed once and then sent from memory; nothing else is", async () => {
  const script = `export const words = ${JSON.stringify(Array.from({ length: 500 }, (_, i) => `word ${i % 40}`))};`;
  const immutable = "public, max-age=31536000, immutable";
  let asked = 0;
  onWeb = (req) => {
    if (req.url?.endsWith(".js")) asked++;
    const never = !req.url?.includes("changes");
    return {
      headers: {
        "content-type": "application/javascript; charset=UTF-8",
        "cache-control": never ? immutable : "no-cache",
      },
      body: script,
    };
  };
  const get = (target: string, encodings: string) =>
    fetch(`${base}${target}`, { headers: { "accept-encoding": encodings } });
  const target = "/_next/static/chunks/3abc.js";
  assert.equal(await (await get(target, "br, gzip")).text(), script);
  await eventually(async () => (await get(target, "br, gzip")).headers.get("content-encoding") === "br", "packed");
  const before = asked;
  for (const [encodings, form] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip", "gzip"],
  ] as const) {
    const answer = await get(target, encodings);
    assert.equal(answer.headers.get("content-encoding"), form);
    assert.equal(answer.headers.get("cache-control"), immutable);
    assert.match(answer.headers.get("content-type") ?? "", /javascript/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.match(answer.headers.get("vary") ?? "", /Accept-Encoding/);
    assert.ok(Number(answer.headers.get("content-length")) < script.length / 3);
    assert.equal(await answer.text(), script);
  }
  assert.equal(asked, before, "Next is not asked again");
  assert.equal(await (await get(target, "identity")).text(), script, "for who takes no packed form, as Next sends it");
  assert.equal(asked, before + 1);
  for (let n = 0; n < 3; n++) await (await get("/_next/static/changes.js", "br")).text();
  assert.equal((await get("/_next/static/changes.js", "br")).headers.get("content-encoding"), null);
  onWeb = () => ({});
});

test("a change is told to the screens of the organisations it concerns, without their names, and to no other", async () => {
  const [lakeside, nightshift] = [await orgId("lakeside"), await orgId("nightshift")];
  const reader = await listen((await signedIn("radiologist@nightshift.example")).cookie);
  const hospital = await listen((await signedIn("tech@lakeside.example")).cookie);
  const stranger = await listen((await signedIn("admin@harbor.example")).cookie);
  assert.match(reader.response.headers.get("content-type") ?? "", /^text\/event-stream/);
  await publish({ topic: "case.changed", orgIds: [lakeside, nightshift], caseId: "c1" });
  await eventually(() => reader.events().length > 0 && hospital.events().length > 0, "the change on both screens");
  await publish({ topic: "edge.changed", orgIds: [lakeside], edgeId: "e1" });
  await eventually(() => hospital.events().length > 1, "the second change");
  assert.deepEqual(reader.events(), [{ topic: "case.changed", caseId: "c1" }]);
  assert.deepEqual(hospital.events(), [
    { topic: "case.changed", caseId: "c1" },
    { topic: "edge.changed", edgeId: "e1" },
  ]);
  assert.deepEqual(stranger.events(), []);
  for (const screen of [reader, hospital, stranger]) screen.close();
});

test("screens hear of a change while Redis is away and no worker runs", async () => {
  const screen = await listen((await signedIn("radiologist@nightshift.example")).cookie);
  const nightshift = await orgId("nightshift");
  await redis.stop();
  await eventually(async () => {
    const { dependencies } = (await (await fetch(`${base}/api/health/ready`)).json()) as {
      dependencies: Record<"redis" | "worker", { ok: boolean }>;
    };
    return !dependencies.redis.ok && !dependencies.worker.ok;
  }, "Redis and worker missed");
  await publish({ topic: "case.changed", orgIds: [nightshift], caseId: "c2" });
  await eventually(() => screen.events().length > 0, "the change on the screen");
  assert.deepEqual(screen.events(), [{ topic: "case.changed", caseId: "c2" }]);
  await redis.start();
  screen.close();
});

test("while Postgres cannot be heard the screens stay connected, and fetch again when it speaks again", async () => {
  const screen = await listen((await signedIn("radiologist@nightshift.example")).cookie);
  const nightshift = await orgId("nightshift");
  await db.owner.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    [listenerName],
  );
  await eventually(() => screen.has("event: resync"), "the call to fetch again");
  assert.equal(screen.ended(), false);
  await publish({ topic: "case.changed", orgIds: [nightshift], caseId: "c3" });
  await eventually(() => screen.events().length > 0, "live again");
  screen.close();
});

test("a notification that this release does not understand ends no front door", async () => {
  const screen = await listen((await signedIn("radiologist@nightshift.example")).cookie);
  for (const channel of [liveChannel, "overread_spent", "overread_revoked"])
    for (const message of ["", "no JSON", "null", "[]", '{"door":"another"}', '{"orgIds":7}'])
      await db.owner.query("SELECT pg_notify($1, $2)", [channel, message]);
  await publish({ topic: "case.changed", orgIds: [await orgId("nightshift")], caseId: "c4" });
  await eventually(() => screen.events().some(({ caseId }) => caseId === "c4"), "the change behind them");
  screen.close();
});

test("events are for signed-in people", async () => {
  assert.equal((await fetch(`${base}/api/events`)).status, 401);
  const { token } = await createApiToken("lakeside", ["dicomweb:read"], "t");
  assert.equal((await fetch(`${base}/api/events`, { headers: { authorization: `Bearer ${token}` } })).status, 403);
});

test("who is signed out hears of nothing that happens after, and the stream ends at once", async () => {
  const { actor, cookie } = await signedIn("lead@nightshift.example");
  const screen = await listen(cookie);
  await eventually(() => screen.has("retry") || screen.has("event: ready"), "listening");
  const event: LiveEvent = { topic: "case.changed", orgIds: [actor.orgId] };
  await publish(event);
  await eventually(() => screen.events().length === 1, "heard while signed in");
  await db.owner.query("UPDATE session SET revoked_at = now() WHERE id = $1", [actor.sessionId]);
  await publish(event);
  await publish(event);
  await eventually(() => screen.ended(), "the stream ended");
  assert.equal(screen.events().length, 1);
  assert.ok(screen.has("event: signed-out"));
});

test("health says what is missing, and no more", async () => {
  assert.deepEqual(await (await fetch(`${base}/api/health/live`)).json(), { ok: true });
  const ready = async () => {
    const response = await fetch(`${base}/api/health/ready`);
    return {
      status: response.status,
      body: (await response.json()) as { ok: boolean; dependencies: Record<string, { ok: boolean }> },
    };
  };
  const client = createClient({ url: redis.url });
  await client.connect();
  await client.set(workerHeartbeatKey, "1");
  await eventually(async () => (await ready()).status === 200, "ready");
  assert.deepEqual((await ready()).body, {
    ok: true,
    dependencies: {
      audit: { ok: true },
      database: { ok: true },
      redis: { ok: true },
      storage: { ok: true },
      web: { ok: true },
      worker: { ok: true },
    },
  });
  await client.del(workerHeartbeatKey);
  await eventually(async () => (await ready()).status === 503, "the worker missed");
  assert.equal((await ready()).body.dependencies.worker?.ok, false);
  client.destroy();
});

test("a hospital's metrics are its own figures, and none of the machine's", async () => {
  const get = async (org: string) => {
    const { token } = await createApiToken(org, ["metrics"], "t");
    return (await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  };
  for (const email of ["tech@lakeside.example", "tech@lakeside.example", "admin@harbor.example"]) await signedIn(email);
  const open = (text: string) => Number(/^overread_sessions_open (\d+)$/m.exec(text)?.[1]);
  const [all, lakeside, harbor] = await Promise.all(["overread", "lakeside", "harbor"].map(get));
  assert.ok(open(harbor!) >= 1 && open(lakeside!) > open(harbor!) && open(all!) > open(lakeside!));
  assert.match(all!, /overread_http_requests_total/);
  assert.doesNotMatch(lakeside!, /http_request|resident_memory|event_streams/);
});

test("metrics need a token with their scope", async () => {
  const get = (token?: string) =>
    fetch(`${base}/metrics`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  assert.equal((await get()).status, 401);
  assert.equal((await get((await createApiToken("overread", ["dicomweb:read"], "t")).token)).status, 403);
  const response = await get((await createApiToken("overread", ["metrics"], "t")).token);
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.match(text, /^overread_cases\{state="unread"\} 0$/m);
  assert.match(text, /^overread_http_requests_total\{door="health",status="4xx"\} 2$/m);
  for (const line of text.trim().split("\n")) assert.match(line, /^(# (HELP|TYPE) .+|\w+(\{[^}]*\})? [\d.e+-]+)$/);
  const { cookie } = await signedIn("operator@overread.example");
  assert.equal((await fetch(`${base}/metrics`, { headers: { cookie } })).status, 403);
});

test("everything else goes to the pages, with what the caller claims about itself taken off", async () => {
  let seen: IncomingMessage | undefined;
  let bytes = 0;
  onWeb = (req, body) => {
    seen = req;
    bytes = body.length;
    return { status: 201, headers: { "x-page": "yes", "set-cookie": "a=b" }, body: "made" };
  };
  const response = await fetch(`${base}/api/trpc/worklist.list?input=1`, {
    method: "POST",
    body: Buffer.alloc(1_500_000),
    headers: {
      "x-middleware-subrequest": "middleware:middleware",
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-real-ip": "6.6.6.6",
      "x-mine": "kept",
    },
  });
  assert.equal(response.status, 201);
  assert.deepEqual(
    [response.headers.get("x-page"), response.headers.get("set-cookie"), await response.text()],
    ["yes", "a=b", "made"],
  );
  assert.equal(bytes, 1_500_000);
  assert.equal(seen?.url, "/api/trpc/worklist.list?input=1");
  assert.equal(seen?.headers["x-middleware-subrequest"], undefined);
  assert.equal(seen?.headers["x-real-ip"], undefined);
  assert.equal(seen?.headers["x-mine"], "kept");
  assert.equal(seen?.headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(seen?.headers["x-forwarded-host"], `127.0.0.1:${door.port}`);
  assert.equal(seen?.headers["x-forwarded-proto"], "http");
  onWeb = () => ({});
});

test("a WebSocket is refused at once: the pages have none", async () => {
  const socket = connect(door.port, "127.0.0.1");
  let text = "";
  socket.on("data", (data) => {
    text += data;
  });
  const closed = once(socket, "close");
  socket.write("GET /worklist HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
  await closed;
  assert.match(text, /^HTTP\/1\.1 400 /);
});

test("FHIR says honestly that it is not offered yet", async () => {
  assert.equal((await fetch(`${base}/fhir/R4/Patient`)).status, 401);
  const { token } = await createApiToken("lakeside", ["fhir:read"], "t");
  const response = await fetch(`${base}/fhir/R4/Patient`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 501);
  assert.equal(((await response.json()) as { resourceType: string }).resourceType, "OperationOutcome");
});

test("a signed report's PDF opens for those who may read it, is on record, and is not there for anybody else", async () => {
  const [org, reader, facility] = [
    await orgId("lakeside"),
    await orgId("nightshift"),
    await facilityId("lakeside-main"),
  ];
  const referrer = await signedIn("referrer@lakeside.example");
  const insert = async (sql: string, values: unknown[]) =>
    (await db.owner.query<{ id: string }>(`${sql} RETURNING id`, values)).rows[0]!.id;
  const patient = await insert("INSERT INTO patient (org_id, reader_org_id, patient_id) VALUES ($1, $2, 'P1')", [
    org,
    reader,
  ]);
  const study = await insert(
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search, referrer_id)
     VALUES ($1, $2, $3, $4, '2.25.1', 'P1', 'X', 'x', $5)`,
    [org, reader, facility, patient, referrer.actor.userId],
  );
  const caseId = await insert(
    "INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, due_at) VALUES ($1, $2, $3, $4, now())",
    [org, reader, facility, study],
  );
  const version = await insert(
    `INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images, canonical_text, sha256, signed_by_id,
       signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid, sr_series_instance_uid, sr_sop_instance_uid)
     VALUES ($1, $2, $3, $4, 1, 'final', '[]', '[]', '', '', $5, '', '', now(), '', '', '', '')`,
    [org, reader, caseId, study, referrer.actor.userId],
  );
  const pdf = Buffer.from("%PDF-1.7\n…");
  await objectStore().put(`reports/${org}/test.pdf`, pdf);
  await db.owner.query(
    "INSERT INTO report_document (report_version_id, kind, org_id, reader_org_id, instance_id, sha256, object_key) VALUES ($1, 'pdf', $2, $3, $4, $6, $5)",
    [version, org, reader, randomUUID(), `reports/${org}/test.pdf`, createHash("sha256").update(pdf).digest("hex")],
  );
  const open = async (email: string) =>
    fetch(`${base}/api/reports/${version}/pdf`, { headers: { cookie: (await signedIn(email)).cookie } });
  for (const email of ["referrer@lakeside.example", "radiologist@nightshift.example"]) {
    const response = await open(email);
    assert.equal(response.status, 200, email);
    assert.equal(response.headers.get("content-type"), "application/pdf");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.match(response.headers.get("content-disposition") ?? "", /^inline/);
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), pdf);
  }
  await chainAllWaitingReads();
  const audited = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_event WHERE action = 'report.read' AND study_ref = $1",
    [study],
  );
  assert.equal(audited.rows[0].n, 2);
  for (const email of ["admin@harbor.example", "admin@lakeside.example", "operator@overread.example"]) {
    const response = await open(email);
    assert.equal(response.status, 404, email);
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, "report.not-found");
  }
  assert.equal((await fetch(`${base}/api/reports/${version}/pdf`)).status, 401);
});

test("answers of the front door carry their security headers", async () => {
  const { headers } = await fetch(`${base}/api/health/live`);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("referrer-policy"), "no-referrer");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  assert.equal(headers.get("x-powered-by"), null);
});

test("a port that is taken is an error that says so", async () => {
  await assert.rejects(openFrontDoor({ host: "127.0.0.1", port: door.port, log }), { code: "EADDRINUSE" });
});

test("closing lets a running request finish, hangs up on screens and takes no more", async () => {
  const second = await openFrontDoor({ host: "127.0.0.1", port: 0, log });
  const there = `http://127.0.0.1:${second.port}`;
  const cookie = (await signedIn("lead@nightshift.example")).cookie;
  const screen = await fetch(`${there}/api/events`, { headers: { cookie } });
  // A request that is under way: its answer is still being made.
  let finish = () => {};
  const made = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let reached = () => {};
  const underWay = new Promise<void>((resolve) => {
    reached = resolve;
  });
  onWeb = async (_req, sent) => {
    reached();
    await made;
    return { body: `taken ${sent}` };
  };
  const running = fetch(`${there}/api/trpc/x`, { method: "POST", body: "whole" });
  await underWay;
  const stopped = second.stop(5000);
  finish();
  assert.equal(await (await running).text(), "taken whole");
  await stopped;
  await screen.text();
  await assert.rejects(fetch(`${there}/api/health/live`));
  onWeb = () => ({});
});

test("the process says when its port is taken, and ends in order on SIGTERM", async () => {
  const main = path.resolve(import.meta.dirname, "../../src/server/front-door/main.ts");
  const port = await freePort();
  const env = { ...process.env, OVERREAD_PORT: String(port), OVERREAD_LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  try {
    const live = () =>
      fetch(`http://127.0.0.1:${port}/api/health/live`).then(
        (response) => response.ok,
        () => false,
      );
    await eventually(live, "the process answering");
    const second = await run(process.execPath, [main], { env: env as Record<string, string> });
    assert.equal(second.code, 1);
    assert.match(second.stdout, new RegExp(`port ${port} is in use: stop the other program, or set OVERREAD_PORT`));
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.match(output, /front door closing/);
  } finally {
    child.kill("SIGKILL");
  }
});
