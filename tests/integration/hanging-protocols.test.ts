import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { WritableDataSet } from "@overread/shared/dicom/write";
import { DomainError } from "@overread/shared/errors";
import { builtInProtocols } from "@overread/shared/hanging/built-in";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  exportProfile,
  importDicomProtocol,
  importProfile,
  listProtocols,
  orderProtocols,
  removeProtocol,
  restoreProtocol,
  SaveProtocol,
  saveProtocol,
} from "#server/domain/hanging/index.ts";
import { signedIn } from "../actors.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

/** Hanging protocols that readers keep, for themselves or for the group. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead } = await useDemoPeople());
});
after(() => db.drop());

const { id: _, ...mammography } = builtInProtocols.find(({ id }) => id === "mammography")!;
const keep = (actor: UserActor, over: Partial<Parameters<typeof SaveProtocol.parse>[0] & object> = {}) =>
  withTenant(actor, (ctx) =>
    saveProtocol(ctx, SaveProtocol.parse({ isShared: false, protocol: { ...mammography, name: "Mine" }, ...over })),
  );
const seen = async (actor: UserActor) =>
  (await withTenant(actor, (ctx) => listProtocols(ctx))).map(({ protocol, by }) => [protocol.name, by]);
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("one's own protocols come first and are one's own; what is shared the whole group sees, and nobody else changes it", async () => {
  await keep(solheim);
  const { protocolId } = await keep(mensah, { isShared: true, protocol: { ...mammography, name: "Ours" } });
  assert.deepEqual(await seen(solheim), [
    ["Mine", null],
    ["Ours", mensah.displayName],
  ]);
  assert.deepEqual(await seen(mensah), [["Ours", null]]);
  await assert.rejects(keep(solheim, { protocolId, version: 1 }), refusedWith("resource.not-found"));
  await assert.rejects(
    withTenant(solheim, (ctx) => removeProtocol(ctx, { protocolId })),
    refusedWith("resource.not-found"),
  );
  await withTenant(lead, (ctx) => removeProtocol(ctx, { protocolId }));
  assert.deepEqual(await seen(mensah), []);
  await withTenant(mensah, (ctx) => restoreProtocol(ctx, { protocolId }));
  assert.deepEqual(await seen(mensah), [["Ours", null]]);
});

test("of two windows that change one protocol the second is told; what nobody can read is left out and harms no list", async () => {
  const { protocolId, version } = await keep(solheim, { protocol: { ...mammography, name: "Twice" } });
  await keep(solheim, { protocolId, version, protocol: { ...mammography, name: "Once more" } });
  await assert.rejects(keep(solheim, { protocolId, version }), refusedWith("hanging.version-conflict"));
  await db.owner.query(`UPDATE hanging_protocol SET document = '{"stages": "of a later release"}' WHERE id = $1`, [
    protocolId,
  ]);
  assert.ok((await seen(solheim)).every(([name]) => name !== "Once more"));
});

test("a hundred are the most, and a protocol that no screen can show is refused", async () => {
  const technologist = (await signedIn("tech@lakeside.example")).actor;
  await assert.rejects(keep(technologist), refusedWith("auth.forbidden"));
  const forbidden = (does: Parameters<typeof withTenant>[1]) =>
    assert.rejects(withTenant(technologist, does), refusedWith("auth.forbidden"));
  await forbidden((ctx) => exportProfile(ctx as never));
  await forbidden((ctx) => importProfile(ctx as never, { file: "{}" }));
  await forbidden((ctx) => importDicomProtocol(ctx as never, { file: "AAAA" }));
  await forbidden((ctx) => orderProtocols(ctx as never, { protocolIds: [randomUUID()] }));
  await db.owner.query(
    "INSERT INTO hanging_protocol (org_id, owner_id, document) SELECT $1, $2, '{}' FROM generate_series(1, 100)",
    [mensah.orgId, mensah.userId],
  );
  await assert.rejects(keep(mensah), refusedWith("hanging.too-many"));
  const stage = mammography.stages[0]!;
  for (const bad of [
    { ...mammography, stages: [] },
    { ...mammography, modalities: [] },
    { ...mammography, stages: [{ ...stage, rows: 6 }] },
    { ...mammography, stages: [{ ...stage, columns: 3 }] },
    { ...mammography, name: " " },
    { ...mammography, script: "x" },
  ])
    assert.equal(
      SaveProtocol.safeParse({ isShared: false, protocol: bad }).success,
      false,
      JSON.stringify(bad).slice(0, 80),
    );
});

/** The caller's own, in their order, as they are kept. */
const own = async (actor: UserActor) =>
  (await withTenant(actor, (ctx) => listProtocols(ctx))).filter(({ by }) => by === null);
const wipe = async (actor: UserActor) => {
  for (const { protocolId } of await own(actor)) await withTenant(actor, (ctx) => removeProtocol(ctx, { protocolId }));
};
const named = (name: string) => ({ protocol: { ...mammography, name } });

test("one's own protocols stand in the order that one gives them, what is kept after that before them; others' are not ordered", async () => {
  await wipe(solheim);
  const [a, b, c] = [await keep(solheim, named("A")), await keep(solheim, named("B")), await keep(solheim, named("C"))];
  const order = (actor: UserActor, ...each: { protocolId: string }[]) =>
    withTenant(actor, (ctx) => orderProtocols(ctx, { protocolIds: each.map(({ protocolId }) => protocolId) }));
  await order(solheim, c, a, b);
  const names = async () => (await own(solheim)).map(({ protocol }) => protocol.name);
  assert.deepEqual(await names(), ["C", "A", "B"]);
  await keep(solheim, named("New"));
  assert.deepEqual(await names(), ["New", "C", "A", "B"]);
  await assert.rejects(order(mensah, a), refusedWith("resource.not-found"));
  await assert.rejects(order(solheim, a, { protocolId: randomUUID() }), refusedWith("resource.not-found"));
});

test("a profile that is exported, wiped and imported is the same again; imported twice nothing is there twice", async () => {
  await wipe(solheim);
  const [a, b] = [await keep(solheim, named("A")), await keep(solheim, named("B"))];
  await withTenant(solheim, (ctx) => orderProtocols(ctx, { protocolIds: [b.protocolId, a.protocolId] }));
  const documents = async () => (await own(solheim)).map(({ protocol: { id: _id, ...protocol } }) => protocol);
  const before = await documents();
  const { file } = await withTenant(solheim, (ctx) => exportProfile(ctx));
  await wipe(solheim);
  assert.deepEqual(await documents(), []);
  const imported = () => withTenant(solheim, (ctx) => importProfile(ctx, { file }));
  assert.deepEqual(await imported(), { kept: ["B", "A"], same: 0, unread: 0, ours: true });
  assert.deepEqual(await documents(), before);
  assert.deepEqual(await imported(), { kept: [], same: 2, unread: 0, ours: true });
  assert.deepEqual(await documents(), before);
  await db.owner.query("DELETE FROM hanging_protocol WHERE owner_id = $1", [mensah.userId]);
  const other = await withTenant(mensah, (ctx) => importProfile(ctx, { file }));
  assert.deepEqual(other.kept, ["B", "A"], "at another desk");
  assert.ok(
    (await own(mensah)).filter(({ protocol }) => ["A", "B"].includes(protocol.name)).every((each) => !each.isShared),
  );
});

test("a profile that was changed by one letter is refused, whatever else it says, and nothing of it is kept", async () => {
  await wipe(solheim);
  await keep(solheim, named("Mine"));
  const { file } = await withTenant(solheim, (ctx) => exportProfile(ctx));
  const refused = (text: string, code: string) =>
    assert.rejects(
      withTenant(solheim, (ctx) => importProfile(ctx, { file: text })),
      refusedWith(code),
    );
  await refused(file.replace("Mine", "Mime"), "hanging.altered-file");
  const { publicKey: _key, ...unsigned } = JSON.parse(file);
  await refused(JSON.stringify(unsigned), "hanging.unreadable-file");
  const { publicKey } = generateKeyPairSync("ed25519");
  const strange = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  await refused(JSON.stringify({ ...unsigned, publicKey: strange }), "hanging.altered-file");
  await refused("no file of ours", "hanging.unreadable-file");
  assert.equal((await own(solheim)).length, 1);
});

test("a DICOM Hanging Protocol file becomes a protocol of one's own, and what of it is not kept is said", async () => {
  await wipe(solheim);
  const cs = (...Value: string[]) => ({ vr: "CS", Value });
  const one = (n: number) => ({ vr: "US", Value: [n] });
  const item = (...Value: WritableDataSet[]) => ({ vr: "SQ", Value }) as WritableDataSet[string];
  const part10 = tinyInstance({
    elements: {
      "00080060": cs("MR"),
      "00720002": { vr: "SH", Value: ["Their brain"] },
      "0072000C": item({
        "00080060": cs("MR"),
        "00082218": item({ "00080104": { vr: "LO", Value: ["Head"] } }),
      }),
      "00720020": item({
        "00720022": item({ "00720026": { vr: "AT", Value: ["00080060"] }, "00720062": cs("MR") }),
        "00720030": item({
          "00720032": one(1),
          "00720034": cs("RELATIVE_TIME"),
          "00720038": { vr: "US", Value: [0, 0] },
        }),
      }),
      "00720100": one(2),
      "00720200": item({
        "00720032": one(1),
        "00720204": one(1),
        "00720300": item({ "00720108": { vr: "FD", Value: [0, 1, 1, 0] }, "00720304": cs("STACK") }),
      }),
    },
  }).part10;
  const imported = (file: Uint8Array) =>
    withTenant(solheim, (ctx) => importDicomProtocol(ctx, { file: Buffer.from(file).toString("base64") }));
  assert.deepEqual(await imported(part10), { name: "Their brain", notKept: ["Its screens become one screen."] });
  assert.deepEqual(
    (await own(solheim)).map(({ protocol }) => [protocol.name, protocol.regions, protocol.stages[0]?.places]),
    [["Their brain", ["head"], [{ study: 0, wants: [{ modality: ["MR"] }] }]]],
  );
  await assert.rejects(imported(tinyInstance().part10), refusedWith("hanging.unreadable-file"));
  await assert.rejects(imported(Buffer.from("no DICOM")), refusedWith("hanging.unreadable-file"));
});
