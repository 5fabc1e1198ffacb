import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { createApiToken } from "#server/auth/api-token.ts";
import { signInLimits } from "#server/auth/rate-limit.ts";
import { listenerName } from "#server/db/listener.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import { publish } from "#server/live/publish.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { isListening } from "../conformance/edge-process.ts";
import { useTestDatabase } from "../database.ts";
import { EdgeClient, heartbeat } from "../edge-client.ts";
import { makeArrivingCase, makeUnreadCase } from "../factories/studies.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";
import { submitSignIn } from "../next-auth-server.ts";
import { eventually, freePort, useTestRedis } from "../redis.ts";
import { Watched } from "../support/canaries.ts";
import { openScreen } from "../support/screen.ts";

/**
 * Two front doors, each with web processes of its own behind it, and two workers, on one database: as behind one address that sends
 * each request somewhere else. The doors' clocks stand still, so that nothing they remember grows old: what ends there ends because
 * they were told.
 */
const password = "correct horse battery";
/** Units a second; sixty times as many are saved up. */
const unitsPerSecond = 10;
const searchCost = 10;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-two-"));
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let doors: [string, string];
let workers: [Watched, Watched];
const processes: Watched[] = [];

before(async () => {
  redis = await useTestRedis();
  db = await useTestDatabase();
  Object.assign(process.env, {
    OVERREAD_DATA_DIR: dataDir,
    OVERREAD_STORAGE: `file:${dataDir}/objects`,
    OVERREAD_STORAGE_RESERVE_BYTES: "0",
    OVERREAD_DICOMWEB_UNITS_PER_SECOND: String(unitsPerSecond),
    OVERREAD_LOG_LEVEL: "info",
  });
  await seedDemo({ password });
  const openDoor = async (name: string): Promise<string> => {
    const [port, webPort] = [String(await freePort()), String(await freePort())];
    const env = { OVERREAD_PORT: port, OVERREAD_WEB_PORT: webPort };
    const clock = ["--import", "./tests/support/standing-clock.ts"];
    processes.push(
      new Watched(`web ${name}`, process.execPath, ["tests/support/web-process.ts"], env),
      new Watched(`door ${name}`, process.execPath, [...clock, "src/server/front-door/main.ts"], env),
    );
    for (const each of [port, webPort]) await eventually(() => isListening(Number(each)), `door ${name}`);
    return `http://localhost:${port}`;
  };
  doors = [await openDoor("one"), await openDoor("two")];
  workers = [
    new Watched("worker one", process.execPath, ["src/workers/main.ts"]),
    new Watched("worker two", process.execPath, ["src/workers/main.ts"]),
  ];
  processes.push(...workers);
  for (const worker of workers) await eventually(() => worker.output.includes("worker is running"), worker.name);
});
after(async () => {
  for (const each of processes) await each.stop();
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

type Who = { token?: string; cookie?: string };
const ask = (door: string, at: string, { token, cookie }: Who, init: RequestInit = {}): Promise<Response> =>
  fetch(`${door}${at}`, {
    ...init,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(cookie ? { cookie } : {}),
      ...(init.headers as Record<string, string> | undefined),
    },
  });
/** What each door answers, the bodies read to their end. */
const atBoth = (at: string, who: Who): Promise<number[]> =>
  Promise.all(
    doors.map(async (door) => {
      const response = await ask(door, at, who);
      await response.arrayBuffer();
      return response.status;
    }),
  );
const call = async (door: string, cookie: string, procedure: string, input: unknown) => {
  const response = await ask(
    door,
    `/api/trpc/${procedure}`,
    { cookie },
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    },
  );
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's JSON parser sees
  return (await response.json()) as any;
};
const aToken = (name: string, scopes: ("dicomweb:read" | "dicomweb:write")[] = ["dicomweb:read"]) =>
  createApiToken("lakeside", scopes, name);
const stow = (door: string, token: string, file: Uint8Array) =>
  ask(
    door,
    "/dicomweb/lakeside/studies",
    { token },
    {
      method: "POST",
      headers: { "content-type": `multipart/related; type="application/dicom"; boundary=b` },
      body: Buffer.concat([
        Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"),
        file,
        Buffer.from("\r\n--b--\r\n"),
      ]),
    },
  );

/** Finds nothing, and is answered to whoever may ask. */
const aSearch = "/dicomweb/lakeside/studies?StudyInstanceUID=2.25.1";

test("a token that is revoked is out at both doors at once, although both have just believed it", async () => {
  const { tokenId, token } = await aToken("to be revoked");
  assert.deepEqual(await atBoth(aSearch, { token }), [204, 204]);
  await db.owner.query("UPDATE api_token SET revoked_at = now() WHERE id = $1", [tokenId]);
  await eventually(async () => (await atBoth(aSearch, { token })).every((status) => status === 401), "both doors shut");
});

test("a door whose line to the database was cut believes nothing from before", async () => {
  const { tokenId, token } = await aToken("revoked unheard");
  assert.deepEqual(await atBoth(aSearch, { token }), [204, 204]);
  // The trigger is taken away: this revocation is told to nobody.
  await db.owner.query("ALTER TABLE api_token DISABLE TRIGGER tell_revoked");
  await db.owner.query("UPDATE api_token SET revoked_at = now() WHERE id = $1", [tokenId]);
  await db.owner.query("ALTER TABLE api_token ENABLE TRIGGER tell_revoked");
  assert.deepEqual(await atBoth(aSearch, { token }), [204, 204], "their clocks stand still");
  await db.owner.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    [listenerName],
  );
  await eventually(async () => (await atBoth(aSearch, { token })).every((status) => status === 401), "both doors shut");
});

test("a revoked edge router is out at both doors at once, and a proof used at one is used up at the other", async () => {
  const { code } = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  const edge = new EdgeClient(doors[0]);
  assert.equal((await edge.enroll(code)).status, 200);
  const proof = edge.assertion();
  assert.equal((await edge.authenticate(proof)).status, 200);
  const elsewhere = new EdgeClient(doors[1]);
  Object.assign(elsewhere, { edgeId: edge.edgeId, token: edge.token });
  assert.deepEqual([(await elsewhere.authenticate(proof)).status, elsewhere.token], [401, edge.token]);

  const beat = async (client: EdgeClient) => (await client.call("POST", "/heartbeat", heartbeat())).status;
  assert.deepEqual([await beat(edge), await beat(elsewhere)], [200, 200]);
  await createCaller((await signedIn("admin@lakeside.example")).actor).edge.revoke({ edgeId: edge.edgeId });
  await eventually(
    async () => (await beat(edge)) === 401 && (await beat(elsewhere)) === 401,
    "both doors shut to the edge router",
  );
});

test("a session opened through one door works at the other; signing out at one ends its screens at the other at once", async () => {
  const { jar } = await submitSignIn(doors[0], { email: "radiologist@nightshift.example", password });
  const screens = await Promise.all(doors.map((door) => openScreen(door, jar.header)));
  assert.deepEqual(
    screens.map(({ response }) => response.status),
    [200, 200],
  );
  const { csrfToken } = (await (await jar.fetch(`${doors[1]}/api/auth/csrf`)).json()) as { csrfToken: string };
  await jar.fetch(`${doors[1]}/api/auth/signout`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrfToken }),
  });
  for (const screen of screens) {
    await eventually(() => screen.ended(), "the screen's stream ended");
    assert.ok(screen.has("event: signed-out"));
    // The net below, which comes round by itself, was not needed.
    assert.ok(!screen.has(": still here"), screen.seen().join("\n"));
  }
});

test("an account that is deactivated gets nothing more of a study that it has open at both doors", async () => {
  const image = tinyInstance();
  const { token } = await aToken("sender", ["dicomweb:read", "dicomweb:write"]);
  assert.equal((await stow(doors[0], token, image.part10)).status, 200);
  const reader = await signedIn("tech@lakeside.example");
  const at = `/dicomweb/lakeside/studies/${image.study}/metadata`;
  assert.deepEqual(await atBoth(at, reader), [200, 200]);
  const onRecord = async () =>
    (
      await db.owner.query<{ count: number }>(
        "SELECT count(*)::int FROM audit_event WHERE action = 'study.read' AND actor_id = $1",
        [reader.actor.userId],
      )
    ).rows[0]?.count;
  await eventually(async () => (await onRecord()) === 2, "opening it at a door is on record at each");
  await createCaller((await signedIn("admin@lakeside.example")).actor).user.deactivate({ userId: reader.actor.userId });
  assert.deepEqual(await atBoth(at, reader), [401, 401]);
});

test("the same image sent through both doors at once is one image", async () => {
  const image = tinyInstance();
  const { token } = await aToken("two senders", ["dicomweb:read", "dicomweb:write"]);
  const answers = await Promise.all(
    doors.flatMap((door) => [stow(door, token, image.part10), stow(door, token, image.part10)]),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  const { rows } = await db.owner.query<{ count: number }>(
    "SELECT count(*)::int FROM instance WHERE sop_instance_uid = $1",
    [image.instance],
  );
  assert.equal(rows[0]?.count, 1);
});

test("wrong passwords at two doors count together", async () => {
  const email = "lead@nightshift.example";
  const wrong = signInLimits["account-source"];
  for (let n = 0; n < wrong; n++) await submitSignIn(doors[n % 2] as string, { email, password: "wrong" });
  for (const door of doors) {
    const { jar } = await submitSignIn(door, { email, password });
    assert.equal(jar.values.has("next-auth.session-token"), false, "the right password comes too late");
  }
});

test("who has spent their share at one door is told so at the other", async () => {
  const { token } = await aToken("greedy");
  const saved = (60 * unitsPerSecond) / searchCost;
  const search = async (door: string) => {
    const response = await ask(door, "/dicomweb/lakeside/studies", { token });
    await response.arrayBuffer();
    return response.status;
  };
  let answered = 0;
  while ((await search(doors[0])) === 200) assert.ok(++answered < 10 * saved, "the first door has no limit");
  assert.ok(answered >= saved);
  // Alone, the other door would give out as much again.
  let elsewhere = 0;
  await eventually(async () => {
    const status = await search(doors[1]);
    if (status === 200) elsewhere++;
    return status === 429;
  }, "the other door refuses");
  assert.ok(elsewhere < saved, `${elsewhere} of ${saved} at the other door`);
});

test("of two readers who claim through different doors, one has the case", async () => {
  const readers = await Promise.all(
    ["radiologist@nightshift.example", "radiologist2@nightshift.example"].map(
      async (email) => (await signedIn(email)).cookie,
    ),
  );
  for (let n = 0; n < 6; n++) {
    const { caseId } = await makeUnreadCase(db.owner);
    const answers = await Promise.all(
      readers.map((cookie, i) => call(doors[i] as string, cookie, "worklist.claim", { caseId })),
    );
    assert.equal(answers.filter(({ result }) => result).length, 1);
    assert.deepEqual(
      answers.filter(({ error }) => error).map(({ error }) => error.data.appCode),
      ["case.already-claimed"],
    );
  }
});

test("what changed is told once to a screen at either door, while two workers run", async () => {
  const { actor, cookie } = await signedIn("radiologist@nightshift.example");
  const screens = await Promise.all(doors.map((door) => openScreen(door, cookie)));
  await eventually(() => screens.every((screen) => screen.has("retry")), "both screens listening");
  const told = ["once", "twice", "the last"];
  for (const caseId of told)
    await withTenant(actor, ({ tx }) => publish(tx, { topic: "case.changed", orgIds: [actor.orgId], caseId }));
  const of = (screen: (typeof screens)[number]) =>
    screen
      .events()
      .map(({ caseId }) => caseId)
      .filter((id) => told.includes(id));
  await eventually(() => screens.every((screen) => of(screen).includes("the last")), "the last one at both doors");
  for (const screen of screens) assert.deepEqual(of(screen), told);
  for (const screen of screens) screen.close();
});

test("two workers do each job, also when one is killed, and screens at both doors hear of it", async () => {
  const { cookie } = await signedIn("radiologist@nightshift.example");
  const screens = await Promise.all(doors.map((door) => openScreen(door, cookie)));
  const lakeside = await orgId("lakeside");
  const cases = await Promise.all(Array.from({ length: 30 }, () => makeArrivingCase(db.owner)));
  await db.owner.query(
    `INSERT INTO outbox_job (org_id, name, payload, collapse_key)
     SELECT $1, 'case.prioritize', jsonb_build_object('orgId', $1::uuid, 'caseId', id), id::text FROM unnest($2::uuid[]) AS c(id)`,
    [lakeside, cases.map(({ caseId }) => caseId)],
  );
  workers[0].child.kill("SIGKILL");
  const open = async () =>
    (
      await db.owner.query<{ count: number }>(
        "SELECT count(*)::int FROM outbox_job WHERE done_at IS NULL AND run_at <= now() AND name IN ('case.prioritize', 'case.attach-priors')",
      )
    ).rows[0]?.count;
  await eventually(async () => (await open()) === 0, "every job done");
  const { rows: failed } = await db.owner.query("SELECT name FROM outbox_job WHERE failed_at IS NOT NULL");
  assert.deepEqual(failed, []);

  const { caseId } = await makeUnreadCase(db.owner);
  await call(doors[0], cookie, "worklist.claim", { caseId });
  await eventually(
    () => screens.every((screen) => screen.events().some((event) => event.caseId === caseId)),
    "the claim on the screens of both doors",
  );
  for (const screen of screens) screen.close();
});
