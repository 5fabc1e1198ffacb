import assert from "node:assert/strict";
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, randomUUID, verify } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { acknowledgeNotice, listNotices, notify, SavePush, savePush } from "#server/domain/notices/index.ts";
import { createLog } from "#server/log.ts";
import { pushKeys } from "#server/push-keys.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { sendNotice } from "#workers/handlers/send-notice.ts";
import { postGuarded } from "#workers/notice-senders/guarded-post.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** Notices to browsers, by a push service that may be slow, wrong or have forgotten the browser. What it is sent, this test's browser decrypts. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
const pushes: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
let answers = 201;
const service = createServer((req, res) => {
  const parts: Buffer[] = [];
  req.on("data", (part: Buffer) => parts.push(part));
  req.on("end", () => {
    pushes.push({ path: req.url ?? "", headers: req.headers, body: Buffer.concat(parts) });
    res.writeHead(answers, answers === 302 ? { location: "/elsewhere" } : {}).end();
  });
});
let base = "";

before(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  Object.assign(process.env, { OVERREAD_LOCAL_WEBHOOKS: "1" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
});
after(async () => {
  service.close();
  service.closeAllConnections();
  await db.drop();
});

const api = (actor: UserActor) => createCaller(actor, async () => {}).notice.push;
const log = createLog("worker", "silent" as "error");

/** A browser that has subscribed: what it told its service, and what only it knows. */
function aBrowser(name: string) {
  const pair = createECDH("prime256v1");
  pair.generateKeys();
  const secret = randomBytes(16);
  return {
    pair,
    secret,
    saved: SavePush.parse({
      endpoint: `${base}/${name}`,
      p256dh: pair.getPublicKey().toString("base64url"),
      auth: secret.toString("base64url"),
      browser: "firefox",
      system: "linux",
    }),
  };
}

/** As the browser reads it: RFC 8291 over RFC 8188, one record. */
function decrypted(body: Buffer, { pair, secret }: ReturnType<typeof aBrowser>): unknown {
  const salt = body.subarray(0, 16);
  const idLength = body[20] ?? 0;
  const theirs = body.subarray(21, 21 + idLength);
  const sealed = body.subarray(21 + idLength);
  const derive = (ikm: Buffer, from: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync("sha256", ikm, from, info, length));
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), pair.getPublicKey(), theirs]);
  const ikm = derive(pair.computeSecret(theirs), secret, info, 32);
  const key = derive(ikm, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(ikm, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
  const decipher = createDecipheriv("aes-128-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  const end = plain.lastIndexOf(2);
  return JSON.parse(plain.subarray(0, end).toString("utf8"));
}

type Row = { id: string; state: string; failure: string | null };
const deliveries = async (matter: string): Promise<Row[]> => {
  const { rows } = await db.owner.query<Row>(
    `SELECT d.id, d.state, d.last_failure AS failure FROM notice_delivery d LEFT JOIN notice_push p ON p.id = d.push_id
     WHERE d.matter = $1 AND d.channel = 'push' ORDER BY p.endpoint`,
    [matter],
  );
  return rows;
};
async function tell(matter: string, caseId: string | null = null): Promise<Row[]> {
  await withTenant(systemActor(reader.orgId, "test"), ({ tx }) =>
    notify(tx, {
      orgId: reader.orgId,
      userIds: [reader.userId],
      kind: "case-escalated",
      params: { percent: 80, to: "pool", priority: "stat" },
      caseId,
      matter,
    }),
  );
  return deliveries(matter);
}
const run = (deliveryId: string) =>
  sendNotice({ actor: systemActor(reader.orgId, "worker"), requestId: randomUUID(), log }, { deliveryId });
const dueNow = (id: string) =>
  db.owner.query("UPDATE notice_delivery SET next_attempt_at = now() - interval '1 second' WHERE id = $1", [id]);
const forgetAll = async () => {
  for (const { pushId } of (await api(reader).get()).browsers) await api(reader).forget({ pushId });
};

test("each browser of a person is told once, encrypted for it alone, in the portal's name, and without anything of the patient", async () => {
  const [first, second] = [aBrowser("a"), aBrowser("b")];
  for (const { saved } of [first, second]) await api(reader).save(saved);
  const { caseId } = await makeUnreadCase(db.owner, {
    patientName: "Canary^Alder",
    patientId: "CANARY-77",
    studyDescription: "CANARY CHEST",
    accessionNumber: "CANARY-ACC",
  });
  const made = await tell(`push:${caseId}`, caseId);
  assert.equal(made.length, 2);
  pushes.length = 0;
  for (const { id } of made) {
    await run(id);
    await run(id);
  }
  assert.deepEqual(
    pushes.map(({ path }) => path),
    ["/a", "/b"],
  );
  for (const [n, browser] of [first, second].entries()) {
    const { headers, body } = pushes[n]!;
    assert.deepEqual(decrypted(body, browser), {
      id: made[n]!.id,
      title: "A STAT case has used 80 % of its time",
      text: "It has not been signed. Whoever is free can claim it.",
      path: `/studies/${caseId}`,
    });
    assert.doesNotMatch(JSON.stringify(headers) + body.toString("latin1"), /canary|STAT case/i);
    assert.equal(headers["content-encoding"], "aes128gcm");
    assert.equal(headers.topic, made[n]!.id.replaceAll("-", ""), "a second attempt replaces the first");
    const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization ?? "") ?? [];
    assert.equal(key, (await api(reader).get()).publicKey, "the key that the browser has subscribed with");
    const point = Buffer.from(key!, "base64url");
    const jwk = {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    };
    const [head, claims, signature] = token!.split(".");
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    assert.ok(
      verify(
        "sha256",
        Buffer.from(`${head}.${claims}`),
        { key: publicKey, dsaEncoding: "ieee-p1363" },
        Buffer.from(signature!, "base64url"),
      ),
    );
    assert.equal(JSON.parse(Buffer.from(claims!, "base64url").toString()).aud, base);
  }
  assert.throws(() => decrypted(pushes[0]!.body, second), "another browser reads nothing");
  const { rows } = await db.owner.query("SELECT auth FROM notice_push");
  assert.ok(!JSON.stringify(rows).includes(first.saved.auth), "the database alone cannot write to a browser");
  await forgetAll();
});

test("a service that is away is tried again; a browser that is gone is forgotten, and the person's others are not", async () => {
  const [stays, goes] = [aBrowser("a-stays"), aBrowser("b-goes")];
  for (const { saved } of [stays, goes]) await api(reader).save(saved);
  const matter = `gone:${randomUUID()}`;
  const [, going] = await tell(matter);
  for (const [status, state] of [
    [503, "waiting"],
    [429, "waiting"],
    [302, "waiting"],
    [410, "failed"],
  ] as const) {
    answers = status;
    await dueNow(going!.id);
    await run(going!.id);
    const { rows } = await db.owner.query("SELECT state, last_failure AS failure FROM notice_delivery WHERE id = $1", [
      going!.id,
    ]);
    assert.deepEqual(rows[0], { state, failure: `http-${status}` });
  }
  answers = 201;
  assert.deepEqual(
    (await api(reader).get()).browsers.map(({ endpoint }) => endpoint),
    [stays.saved.endpoint],
  );
  assert.equal((await tell(`after:${randomUUID()}`)).length, 1);
  await forgetAll();
});

test("a browser whose service refuses for good stays listed with that said, and is forgotten when it goes on", async () => {
  await api(reader).save(aBrowser("refuses").saved);
  const tried = async (status: number) => {
    const [push] = await tell(`refused:${randomUUID()}`);
    answers = status;
    await run(push!.id);
    return (await api(reader).get()).browsers.map(({ failures }) => failures);
  };
  try {
    assert.deepEqual(await tried(403), [1]);
    assert.deepEqual(await tried(401), [2]);
    assert.deepEqual(await tried(201), [0], "it is reached again");
    for (const failures of [1, 2, 3, 4]) assert.deepEqual(await tried(403), [failures]);
    assert.deepEqual(await tried(503), [4], "a service that is away for a moment does not count");
    assert.deepEqual(await tried(403), [], "the fifth is the last");
    assert.equal((await tell(`after:${randomUUID()}`)).length, 0);
  } finally {
    answers = 201;
    await forgetAll();
  }
});

test("what was seen meanwhile is not pushed, and nobody stops or hears of another's browsers", async () => {
  await api(reader).save(aBrowser("seen").saved);
  const { caseId } = await makeUnreadCase(db.owner);
  const [push] = await tell(`seen:${caseId}`, caseId);
  const own = (await withTenant(reader, listNotices)).items.find((item) => item.caseId === caseId)!;
  await withTenant(reader, (ctx) => acknowledgeNotice(ctx, own));
  pushes.length = 0;
  await run(push!.id);
  assert.equal(pushes.length, 0);
  const { rows } = await db.owner.query("SELECT state FROM notice_delivery WHERE id = $1", [push!.id]);
  assert.equal(rows[0].state, "dropped");
  assert.deepEqual((await api(colleague).get()).browsers, []);
  const { pushId } = (await api(reader).get()).browsers[0]!;
  assert.deepEqual(await api(colleague).forget({ pushId }), { forgotten: false });
  await forgetAll();
});

test("a browser says where it is told, and that is never within this machine or a closed network", async () => {
  const { config } = await import("#server/config.ts");
  const notices = config().notices as { localWebhooks: boolean };
  notices.localWebhooks = false;
  try {
    for (const endpoint of [
      `${base}/plain`,
      "https://127.0.0.1/x",
      "https://[::1]/x",
      "https://169.254.169.254/latest",
      "https://somebody:secret@push.example.org/x",
    ])
      await assert.rejects(
        withTenant(reader, (ctx) => savePush(ctx, { ...aBrowser("x").saved, endpoint })),
        (error: unknown) => error instanceof DomainError && error.code === "request.invalid",
        endpoint,
      );
    // A name is looked up when it is connected to.
    const posted = (url: string) => postGuarded(url, { headers: {}, body: "x" });
    for (const url of ["https://localhost/x", `${base}/x`, "https://10.0.0.1/x"])
      await assert.rejects(posted(url), { code: "address-inside" }, url);
  } finally {
    notices.localWebhooks = true;
  }
});

test("the portal's key pair is a pair, and the same at every start", () => {
  const { publicKey, privateKey } = pushKeys("seed");
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(Buffer.from(privateKey, "base64url"));
  assert.equal(pair.getPublicKey().toString("base64url"), publicKey);
  assert.equal(Buffer.from(publicKey, "base64url").length, 65);
  assert.deepEqual(pushKeys("seed"), { publicKey, privateKey });
  assert.notEqual(pushKeys("another").publicKey, publicKey);
});
