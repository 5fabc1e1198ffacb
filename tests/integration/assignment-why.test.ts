import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { claimByRules, traceCase, whyMe } from "#server/domain/assignment/index.ts";
import { as, assignmentDesk, given } from "../assignment-desk.ts";
import { aRule } from "../factories/assignment.ts";

/** What people are told of why a case is theirs, or cannot be. */
const desk = assignmentDesk();
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("a case that a rule gives others is refused with the reason, as code and in words", async () => {
  await desk.rule(
    aRule({ id: "others", readers: { readerIds: [desk.people.mensah.userId], groupIds: [] }, exclusive: true }),
  );
  const { caseId } = await desk.unread();
  await desk.run();
  await assert.rejects(
    as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId })),
    (error) =>
      error instanceof DomainError && error.code === "case.barred" && error.details.reasons === "rule.names-others",
  );
  const mine = await as(desk.people.solheim, (ctx) => whyMe(ctx, { caseId, timeZone: "Europe/Berlin" }));
  assert.equal(mine.stand, "barred");
  assert.match(mine.words, /The rule others names others/);
  const trace = await as(desk.people.lead, (ctx) => traceCase(ctx, { caseId, timeZone: "Europe/Berlin" }));
  const [first] = trace.readers;
  assert.deepEqual([first?.readerId, first?.stand], [desk.people.mensah.userId, "may"]);
  const barred = trace.readers.find(({ readerId }) => readerId === desk.people.solheim.userId);
  assert.deepEqual(
    [barred?.stand, barred?.findings[0]?.code, barred?.assignable],
    ["barred", "rule.names-others", true],
  );
  await as(desk.people.mensah, (ctx) => claimByRules(ctx, { caseId }));
  await assert.rejects(
    as(desk.people.solheim, (ctx) => traceCase(ctx, { caseId, timeZone: "UTC" })),
    refusedWith("auth.forbidden"),
    "no reader is told of his colleagues",
  );
});

test("the reader is told why a case is his", async () => {
  await desk.rule(given);
  const { caseId } = await desk.unread();
  await desk.run();
  const his = desk.one((await desk.handOf(caseId)).to);
  const why = await as(his, (ctx) => whyMe(ctx, { caseId, timeZone: "UTC" }));
  assert.equal(why.given?.as, "assignment");
  assert.ok((why.given?.wishes.length ?? 0) > 0);
  assert.match(why.words, /^Assigned to you by the rule give: .+\.$/);
});
