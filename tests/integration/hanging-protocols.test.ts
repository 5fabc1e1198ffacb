import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { builtInProtocols } from "@overread/shared/hanging/built-in";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  listProtocols,
  removeProtocol,
  restoreProtocol,
  SaveProtocol,
  saveProtocol,
} from "#server/domain/hanging/index.ts";
import { signedIn } from "../actors.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";

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
