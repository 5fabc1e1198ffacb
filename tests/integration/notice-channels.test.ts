import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { SMTPServer } from "smtp-server";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { acknowledgeNotice, listNotices, notify, saveMail } from "#server/domain/notices/index.ts";
import { isInside } from "#server/inside-addresses.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { sendNotice } from "#workers/handlers/send-notice.ts";
import { signatureOf } from "#workers/notice-senders/webhook.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** Notices on their way out: to a real SMTP server, and to a receiver of webhooks that may be slow, wrong or gone. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let lead: UserActor;
const mails: { to: string[]; text: string }[] = [];
/** What the SMTP server says to the next recipients; 0: welcome. */
let smtpSays = 0;
const smtp = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  onRcptTo: (_, __, done) => done(smtpSays === 0 ? null : Object.assign(new Error("no"), { responseCode: smtpSays })),
  onData(stream, session, done) {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (part: string) => {
      text += part;
    });
    stream.on("end", () => {
      // Quoted-printable: soft line ends are none.
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: text.replaceAll(/=\r?\n/g, "") });
      done();
    });
  },
});
const calls: { headers: IncomingMessage["headers"]; body: string }[] = [];
let answers = 200;
const receiver = createServer((req, res) => {
  let body = "";
  req.setEncoding("utf8");
  req.on("data", (part: string) => {
    body += part;
  });
  req.on("end", () => {
    calls.push({ headers: req.headers, body });
    res.writeHead(answers, answers === 302 ? { location: "/elsewhere" } : {}).end();
  });
});
let hook = "";

before(async () => {
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", () => resolve()));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const smtpPort = (smtp.server.address() as AddressInfo).port;
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/overread`;
  Object.assign(process.env, { OVERREAD_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, OVERREAD_LOCAL_WEBHOOKS: "1" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  lead = (await signedIn("lead@nightshift.example")).actor;
});
after(async () => {
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  receiver.close();
  receiver.closeAllConnections();
  await db.drop();
});

const api = (actor: UserActor) => createCaller(actor, async () => {}).notice;
const log = createLog("worker", "silent" as "error");
type Row = { id: string; channel: string; state: string; attempts: number; failure: string | null; next: Date };
const deliveries = async (matter: string): Promise<Row[]> => {
  const { rows } = await db.owner.query<Row>(
    `SELECT id, channel, state, attempts, last_failure AS failure, next_attempt_at AS next FROM notice_delivery WHERE matter LIKE $1 ORDER BY channel, created_at`,
    [matter],
  );
  return rows;
};
/** As the worker runs the job. */
const run = (deliveryId: string) =>
  sendNotice({ actor: systemActor(reader.orgId, "worker"), requestId: randomUUID(), log }, { deliveryId });
const dueNow = (id: string) =>
  db.owner.query("UPDATE notice_delivery SET next_attempt_at = now() - interval '1 second' WHERE id = $1", [id]);
async function tell(matter: string, caseId: string | null = null): Promise<Row[]> {
  await withTenant(systemActor(reader.orgId, "test"), ({ tx }) =>
    notify(tx, {
      orgId: reader.orgId,
      userIds: [reader.userId],
      kind: "case-escalated",
      params: { percent: 100, to: "pool", priority: "stat" },
      caseId,
      matter,
    }),
  );
  return deliveries(matter);
}
/** With an address that was proven. */
async function wantsMail(quiet: { from: number; until: number } | null = null): Promise<void> {
  const address = "night@reader.example";
  const { codeSent } = await api(reader).mail.save({ address, quiet, timeZone: "UTC" });
  if (!codeSent) return;
  for (const { id } of (await deliveries("mail-code:%")).filter(({ state }) => state === "waiting")) await run(id);
  const code = /(\d{6}) is the code/.exec(mails.at(-1)!.text)![1]!;
  assert.deepEqual(await api(reader).mail.verify({ code: code === "000000" ? "000001" : "000000" }), {
    verified: false,
  });
  assert.deepEqual(await api(reader).mail.verify({ code }), { verified: true });
}

test("nothing but a code goes to an address until whoever holds it has typed the code", async () => {
  await api(reader).mail.save({ address: "wrong@reader.example", quiet: null, timeZone: "UTC" });
  const made = await tell(`unproven:${randomUUID()}`);
  assert.deepEqual(made, []);
  await wantsMail();
  assert.deepEqual(await api(reader).mail.get(), {
    address: "night@reader.example",
    verified: true,
    quiet: null,
    timeZone: "UTC",
  });
  assert.ok(
    !mails.some(({ to }) => to.includes("wrong@reader.example")),
    "the address was changed before the code went out",
  );
});

test("a notice goes out once as a mail and says nothing of the patient", async () => {
  await wantsMail();
  const { caseId } = await makeUnreadCase(db.owner, {
    patientName: "Canary^Alder",
    patientId: "CANARY-77",
    patientBirthDate: "19690412",
    studyDescription: "CANARY CHEST",
    accessionNumber: "CANARY-ACC",
  });
  const before = mails.length;
  const [mail] = await tell(`mail:${caseId}`, caseId);
  await Promise.all([run(mail!.id), run(mail!.id)]);
  await run(mail!.id);
  assert.equal(mails.length, before + 1);
  const { to, text } = mails.at(-1)!;
  assert.deepEqual(to, ["night@reader.example"]);
  assert.match(text, /A STAT case is late/);
  assert.ok(text.includes(`/studies/${caseId}`));
  assert.match(text, new RegExp(`Message-ID: <${mail!.id}@`, "i"));
  assert.doesNotMatch(text, /canary|1969|alder/i);
  const { rows } = await db.owner.query("SELECT * FROM notice_delivery UNION ALL SELECT * FROM notice_delivery");
  assert.doesNotMatch(JSON.stringify(rows), /canary|1969|alder/i);
  assert.equal((await deliveries(`mail:${caseId}`))[0]?.state, "sent");
});

test("a mail server that is away or full is tried again with growing pauses; an address that it does not know is given up", async () => {
  await wantsMail();
  const matter = `away:${randomUUID()}`;
  const [mail] = await tell(matter);
  smtpSays = 451;
  await run(mail!.id);
  let [now] = await deliveries(matter);
  assert.deepEqual([now!.state, now!.attempts, now!.failure], ["waiting", 1, "smtp-451"]);
  await dueNow(mail!.id);
  await run(mail!.id);
  const first = now!;
  [now] = await deliveries(matter);
  assert.ok(now!.next.getTime() - first.next.getTime() > 10_000, "the second pause is longer");
  smtpSays = 550;
  await dueNow(mail!.id);
  await run(mail!.id);
  [now] = await deliveries(matter);
  assert.deepEqual([now!.state, now!.failure], ["failed", "smtp-550"]);
  smtpSays = 0;
});

test("a worker that died in the middle of an attempt is followed by another one", async () => {
  await wantsMail();
  const matter = `died:${randomUUID()}`;
  const [mail] = await tell(matter);
  // Taken, and nothing came of it.
  await db.owner.query(
    "UPDATE notice_delivery SET attempts = 1, next_attempt_at = now() + interval '40 seconds' WHERE id = $1",
    [mail!.id],
  );
  const before = mails.length;
  await run(mail!.id);
  assert.equal(mails.length, before, "the attempt may still be running");
  const { rows } = await db.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'notice.send' AND payload ->> 'deliveryId' = $1 AND run_at > now() + interval '30 seconds'",
    [mail!.id],
  );
  assert.equal(rows.length, 1);
  await dueNow(mail!.id);
  await run(mail!.id);
  assert.equal((await deliveries(matter))[0]?.state, "sent");
});

test("in quiet hours a mail waits until they end, and what was seen meanwhile is not sent", async () => {
  const { rows } = await db.owner.query<{ minute: number }>(
    "SELECT (extract(hour FROM now() AT TIME ZONE 'UTC') * 60 + extract(minute FROM now() AT TIME ZONE 'UTC'))::int AS minute",
  );
  const { minute } = rows[0]!;
  await wantsMail({ from: (minute + 1_430) % 1_440, until: (minute + 60) % 1_440 });
  const { caseId } = await makeUnreadCase(db.owner);
  const matter = `quiet:${caseId}`;
  const [mail] = await tell(matter, caseId);
  const inMinutes = (mail!.next.getTime() - Date.now()) / 60_000;
  assert.ok(inMinutes > 55 && inMinutes < 62, `sent in ${inMinutes} minutes`);
  const own = (await withTenant(reader, listNotices)).items.find((item) => item.caseId === caseId)!;
  await withTenant(reader, (ctx) => acknowledgeNotice(ctx, own));
  await dueNow(mail!.id);
  const before = mails.length;
  await run(mail!.id);
  assert.deepEqual([mails.length, (await deliveries(matter))[0]?.state], [before, "dropped"]);
  await wantsMail();
});

test("a link that sets a password is mailed to its account too, opens once, and leaves no secret behind; one that was replaced is not sent", async () => {
  const { actor: admin } = await signedIn("admin@lakeside.example");
  const { user } = createCaller(admin, async () => {});
  const email = "invited@lakeside.example";
  const { userId, invitation } = await user.create({ email, displayName: "Ina Invited", roles: ["technologist"] });
  assert.equal(invitation.mailedTo, email);
  const rows = async () =>
    (
      await db.owner.query(
        "SELECT id, state, params::text FROM notice_delivery WHERE user_id = $1 ORDER BY created_at",
        [userId],
      )
    ).rows;
  const [waiting] = await rows();
  assert.ok(!waiting.params.includes(invitation.token), "what waits is encrypted");
  const send = (deliveryId: string) =>
    sendNotice({ actor: systemActor(admin.orgId, "worker"), requestId: randomUUID(), log }, { deliveryId });
  const second = await user.invite({ userId });
  mails.length = 0;
  for (const { id } of await rows()) {
    await send(id);
    await send(id);
  }
  assert.deepEqual(
    mails.map(({ to }) => to),
    [[email]],
  );
  assert.ok(mails[0]!.text.includes(`/invitation#${second.token}`), "the later one, the earlier one has ended");
  assert.deepEqual(
    (await rows()).map(({ state, params }) => [state, params]),
    [
      ["dropped", "{}"],
      ["sent", "{}"],
    ],
  );
  const opened = await createCaller(null).user.invitation({ token: second.token });
  assert.deepEqual([opened.email, opened.resets], [email, false]);
});

test("a webhook hears once of what many are told, signed with a secret that was shown once", async () => {
  await api(reader).mail.forget();
  const { secret } = await api(lead).webhook.save({ url: hook });
  assert.doesNotMatch(JSON.stringify(await api(lead).webhook.get()), new RegExp(secret));
  const { caseId } = await makeUnreadCase(db.owner, { patientName: "Canary^Alder" });
  const [call] = await tell(`hook:${caseId}`, caseId);
  assert.equal(call!.channel, "webhook");
  await run(call!.id);
  await run(call!.id);
  assert.equal(calls.length, 1);
  const { headers, body } = calls[0]!;
  const timestamp = String(headers["overread-timestamp"]);
  assert.equal(headers["overread-signature"], signatureOf(secret, timestamp, body));
  assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60);
  assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ["at", "caseId", "id", "kind", "params"]);
  assert.doesNotMatch(body, /canary/i);
  const { rows } = await db.owner.query("SELECT secret FROM notice_webhook");
  assert.ok(!rows[0].secret.includes(secret), "the database alone cannot sign");
});

test("a redirection is not followed, an error is tried again, and what is gone is given up", async () => {
  const matter = `answers:${randomUUID()}`;
  const [call] = await tell(matter);
  for (const [status, state] of [
    [302, "waiting"],
    [500, "waiting"],
    [410, "failed"],
  ] as const) {
    answers = status;
    calls.length = 0;
    await dueNow(call!.id);
    await run(call!.id);
    const [now] = await deliveries(matter);
    assert.deepEqual([calls.length, now!.state, now!.failure], [1, state, `http-${status}`]);
  }
  answers = 200;
});

test("no webhook reaches this machine, a closed network or a cloud's metadata", () => {
  for (const address of [
    "127.0.0.1",
    "10.1.2.3",
    "172.20.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "fd00:ec2::254",
    "fe80::1",
    "64:ff9b::7f00:1",
    "2130706433",
  ])
    assert.equal(isInside(address), true, address);
  for (const address of ["93.184.216.34", "2606:2800:220:1::1"]) assert.equal(isInside(address), false, address);
});

test("nobody's letter box is filled with codes: five for a person within an hour, whatever the addresses", async () => {
  const save = (n: number) =>
    withTenant(lead, (ctx) =>
      saveMail(ctx, { address: `somebody${n}@elsewhere.example`, quiet: null, timeZone: "UTC" }),
    );
  const asked = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => save(n)));
  assert.equal(asked.filter(({ status }) => status === "fulfilled").length, 5);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS codes FROM notice_delivery WHERE user_id = $1 AND kind = 'mail-code'",
    [lead.userId],
  );
  assert.deepEqual(rows, [{ codes: 5 }]);
});

test("one person's zone that the database does not know keeps an alarm from nobody, and is not saved", async () => {
  for (const timeZone of ["+02:00", "BST", "BET"])
    await assert.rejects(
      withTenant(reader, (ctx) =>
        saveMail(ctx, { address: "night@reader.example", quiet: { from: 0, until: 420 }, timeZone }),
      ),
      (error) => error instanceof DomainError && error.code === "request.invalid",
      timeZone,
    );
  await wantsMail();
  await db.owner.query(
    "UPDATE notice_mail SET quiet_from = 0, quiet_until = 1439, time_zone = 'Mars/Base' WHERE user_id = $1",
    [reader.userId],
  );
  assert.equal((await tell(`odd-zone:${randomUUID()}`)).filter(({ channel }) => channel === "mail").length, 1);
  await db.owner.query(
    "UPDATE notice_mail SET quiet_from = NULL, quiet_until = NULL, time_zone = 'UTC' WHERE user_id = $1",
    [reader.userId],
  );
});

test("a mail that waits for a person whose account is closed meanwhile is not sent", async () => {
  await wantsMail();
  const matter = `closed:${randomUUID()}`;
  const [mail] = (await tell(matter)).filter(({ channel }) => channel === "mail");
  await db.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [reader.userId]);
  const before = mails.length;
  await run(mail!.id);
  assert.equal(mails.length, before);
  assert.deepEqual(
    (await deliveries(matter)).filter(({ channel }) => channel === "mail").map(({ state }) => state),
    ["dropped"],
  );
  await db.owner.query("UPDATE user_account SET deactivated_at = NULL WHERE id = $1", [reader.userId]);
});
