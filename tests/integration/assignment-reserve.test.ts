import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { mostReserved } from "@overread/shared/reservation";
import { claimByRules } from "#server/domain/assignment/index.ts";
import { type Reserved, reserveByRules } from "#server/domain/assignment/reserve-by-rules.ts";
import { unreserveCases } from "#server/domain/reading/index.ts";
import { as, assignmentDesk, drawn } from "../assignment-desk.ts";
import { aRule } from "../factories/assignment.ts";

/** A reservation is a claim that begins later: it asks the same of its reader. */
const desk = assignmentDesk();
beforeEach(async () => {
  await desk.rule();
});

const reserve = (actor = desk.people.solheim, count = mostReserved): Promise<Reserved> =>
  as(actor, (ctx) => reserveByRules(ctx, { count }));
/** Unread cases in the order in which they are read. */
async function line(...modalities: string[]): Promise<string[]> {
  const cases: string[] = [];
  for (const [n, modality] of modalities.entries()) {
    const { caseId } = await desk.unread({ modality });
    await desk.db.owner.query("UPDATE reading_case SET priority_score = $2 WHERE id = $1", [caseId, 100 - n]);
    cases.push(caseId);
  }
  return cases;
}
const idsOf = (rows: readonly { caseId: string }[]) => rows.map(({ caseId }) => caseId);

test("what a reader must not read is not kept for him: the next that is for him is, and each that was passed over says why", async () => {
  await desk.rule(
    aRule({
      id: "mr",
      when: [{ field: "modality", op: "any-of", values: ["MR"] }],
      readers: { readerIds: [desk.people.mensah.userId], groupIds: [] },
      exclusive: true,
    }),
  );
  const cases = await line("MR", "CT", "MR", "CT", "CT", "MR");
  const { kept, passedOver } = await reserve();
  assert.deepEqual(idsOf(kept), [cases[1], cases[3], cases[4]]);
  assert.deepEqual(
    passedOver.map(({ caseId, reasons }) => [caseId, reasons]),
    [cases[0], cases[2]].map((caseId) => [caseId, ["rule.names-others"]]),
    "what came after the last one was not passed over",
  );
  assert.deepEqual(idsOf((await reserve(desk.people.mensah)).kept), [cases[0], cases[2], cases[5]]);
});

test("who may read none of them keeps none and is told of every one", async () => {
  await desk.db.owner.query("INSERT INTO reader_profile (user_id, org_id, read_types) VALUES ($1, $2, '{over-read}')", [
    desk.people.solheim.userId,
    desk.people.solheim.orgId,
  ]);
  const cases = await line("CT", "CT");
  const { kept, passedOver } = await reserve();
  assert.deepEqual(kept, []);
  assert.deepEqual(idsOf(passedOver), cases);
  assert.ok(passedOver.every(({ reasons }) => reasons.includes("read-type.missing")));
});

test("what is kept counts towards his cap, one after the other", async () => {
  await desk.db.owner.query("INSERT INTO reader_profile (user_id, org_id, cap_open_cases) VALUES ($1, $2, 2)", [
    desk.people.solheim.userId,
    desk.people.solheim.orgId,
  ]);
  const cases = await line("CT", "CT", "CT", "CT");
  const { kept, passedOver } = await reserve();
  assert.deepEqual(idsOf(kept), cases.slice(0, 2));
  assert.deepEqual(passedOver[0], { caseId: cases[2], reasons: ["cap.open-cases"] });
  for (const { caseId } of kept) await as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId }));
});

test("what is kept counts towards the cap of the rule that gives it, and can then be claimed", async () => {
  const caps = { openCases: 1, openWorkUnits: null };
  await desk.rule(aRule({ id: "ct", when: [{ field: "modality", op: "any-of", values: ["CT"] }], caps }));
  const cases = await line("CT", "CT", "MR");
  const { kept, passedOver } = await reserve();
  assert.deepEqual(idsOf(kept), [cases[0], cases[2]]);
  assert.deepEqual(passedOver, [{ caseId: cases[1], reasons: ["cap.rule-open-cases"] }]);
  await as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId: cases[0] ?? "" }));
  await as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId: cases[2] ?? "" }));
});

test("who is off shift keeps nothing", async () => {
  await desk.db.owner.query("INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false)", [
    desk.people.solheim.userId,
    desk.people.solheim.orgId,
  ]);
  await line("CT");
  const { kept, passedOver } = await reserve();
  assert.deepEqual([kept, passedOver[0]?.reasons], [[], ["shift.off"]]);
});

test("what is drawn nobody keeps, also before a run has looked at it", async () => {
  await desk.rule(drawn);
  const [caseId] = await line("CT");
  assert.deepEqual(await reserve(), { kept: [], passedOver: [{ caseId, reasons: ["case.drawn"] }] });
  await desk.run();
  assert.deepEqual(await reserve(), { kept: [], passedOver: [] });
});

test("several who reserve together keep each case once, and no more than their number", async () => {
  const cases = await line("CT", "CT", "CT", "CT", "CT", "CT", "CT");
  const all = await Promise.all([reserve(), reserve(desk.people.mensah), reserve()]);
  const own = idsOf(all[0]?.kept ?? []).concat(idsOf(all[2]?.kept ?? []));
  const his = new Set(own);
  const others = idsOf(all[1]?.kept ?? []);
  assert.ok(his.size <= mostReserved && others.length <= mostReserved);
  assert.ok(others.every((caseId) => !his.has(caseId) && cases.includes(caseId)));
  // Whom another was ahead of asks once more and has his number.
  assert.equal((await reserve()).kept.length, mostReserved);
  await as(desk.people.solheim, (ctx) => unreserveCases(ctx, {}));
  assert.deepEqual(idsOf((await reserve(desk.people.solheim, 1)).kept).length, 1);
});
