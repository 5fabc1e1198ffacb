import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import type { CasePriority } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import type { PatientClass } from "../assignment/engine/index.ts";
import { audit } from "../audit/index.ts";
import { keepPromises } from "./case-clock.ts";
import { isArriving, isOpen } from "./case-conditions.ts";
import type { CaseRow } from "./case-rows.ts";
import { findCase, ordersOf } from "./get-case.ts";
import type { DecidePriority, UndoPriority } from "./inputs.ts";
import { announceCase } from "./move-case.ts";
import { casePolicy } from "./policy.ts";
import { requestedClass } from "./priority-class.ts";
import { isMoreUrgent } from "./priority-order.ts";
import { promiseCasesAgain } from "./promise-cases.ts";

type Standing = {
  priority: CasePriority;
  patientClass: PatientClass;
  arrivedAt: Date;
  serviceLevelId: string | null;
  line: number | null;
  minutes: number;
  from: Date;
  requestedPriority: string;
  decidedById: string | null;
  decidedAt: Date | null;
  decidedOver: CasePriority | null;
};

/**
 * Changes how soon a case is to be read, with a reason that both organisations see: a reader makes it more urgent, the
 * lead either. The due time follows from what the contract promises for the class. The decision stands until the
 * hospital asks for something else.
 *
 * @throws {DomainError} `case.illegal-move` (arriving, signed or cancelled; or it has this class already),
 * `case.not-found`, `auth.forbidden` (also a reader who makes it less urgent)
 */
export async function decidePriority(
  ctx: Ctx<UserActor>,
  { caseId, priority, reason }: DecidePriority,
): Promise<{ priority: CasePriority; decidedAt: string }> {
  const { actor, tx } = ctx;
  const row = await findCase(ctx, caseId, "case.raise-priority");
  const standing = await lock(ctx, row);
  if (priority === standing.priority)
    throw new DomainError("case.illegal-move", { details: { from: priority, to: priority } });
  if (!isMoreUrgent(priority, standing.priority)) casePolicy.authorize(actor, "case.lower-priority", row);
  const requested = await requestedOf(ctx, row, standing);
  const [decided] = await tx.$queryRaw<[{ at: Date }]>`
    UPDATE reading_case SET decided_priority = ${priority}::"CasePriority", decided_over = ${requested}::"CasePriority",
      decided_by_id = ${actor.userId}::uuid, decided_at = clock_timestamp(), decided_reason = ${reason} WHERE id = ${caseId}::uuid
    RETURNING decided_at AS at`;
  await change(ctx, row, standing, { priority, reason, undone: false });
  return { priority, decidedAt: decided.at.toISOString() };
}

/**
 * Takes the decision back: the case has the class again that the hospital asks for. The lead may, and a reader his own.
 *
 * @throws {DomainError} `case.illegal-move` (nothing was decided, somebody has decided anew since, or it is signed or cancelled), `case.not-found`,
 * `auth.forbidden`
 */
export async function undoPriority(
  ctx: Ctx<UserActor>,
  { caseId, decidedAt }: UndoPriority,
): Promise<{ priority: CasePriority }> {
  const row = await findCase(ctx, caseId, "case.raise-priority");
  const standing = await lock(ctx, row);
  if (standing.decidedById === null || (decidedAt && decidedAt !== standing.decidedAt?.toISOString()))
    throw new DomainError("case.illegal-move", { details: { from: standing.priority, to: standing.priority } });
  if (standing.decidedById !== ctx.actor.userId) casePolicy.authorize(ctx.actor, "case.lower-priority", row);
  await ctx.tx.$executeRaw`
    UPDATE reading_case SET decided_priority = NULL, decided_over = NULL, decided_by_id = NULL, decided_at = NULL, decided_reason = NULL
    WHERE id = ${caseId}::uuid`;
  const priority = await requestedOf(ctx, row, standing);
  await change(ctx, row, standing, { priority, reason: "", undone: true });
  return { priority };
}

/** Of two who decide together the second sees what the first decided. */
async function lock({ tx }: Ctx, { caseId }: CaseRow): Promise<Standing> {
  const [row] = await tx.$queryRaw<(Standing & { state: CaseRow["state"] })[]>`
    SELECT c.state, c.priority, c.patient_class AS "patientClass", coalesce(c.unread_at, c.created_at) AS "arrivedAt", c.service_level_id AS "serviceLevelId",
      c.service_level_line AS line, c.promised_minutes AS minutes, c.promised_from AS "from", s.requested_priority AS "requestedPriority",
      c.decided_by_id AS "decidedById", c.decided_at AS "decidedAt", c.decided_over AS "decidedOver"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ${caseId}::uuid FOR UPDATE OF c`;
  if (!row) throw new DomainError("case.not-found");
  if (!isOpen(row) || isArriving(row))
    throw new DomainError("case.illegal-move", { details: { from: row.state, to: row.state } });
  return row;
}

async function requestedOf(ctx: Ctx, row: CaseRow, { requestedPriority }: Standing): Promise<CasePriority> {
  return requestedClass({ requestedPriority, studyDescription: row.studyDescription }, await ordersOf(ctx, row));
}

async function change(
  ctx: Ctx<UserActor>,
  row: CaseRow,
  standing: Standing,
  { priority, reason, undone }: { priority: CasePriority; reason: string; undone: boolean },
): Promise<void> {
  const { caseId, studyId, orgId, readerOrgId, patientRef } = row;
  const { patientClass, arrivedAt, serviceLevelId, line, minutes, from } = standing;
  const promises = await promiseCasesAgain(ctx, [
    { caseId, studyId, priority, patientClass, arrivedAt, before: { serviceLevelId, line, minutes, from } },
  ]);
  await ctx.tx.$executeRaw`UPDATE reading_case SET priority = ${priority}::"CasePriority" WHERE id = ${caseId}::uuid`;
  await keepPromises(
    ctx,
    [...promises].map(([id, promise]) => ({ caseId: id, promise })),
  );
  await audit(ctx, {
    action: "case.decide-priority",
    orgId,
    patientRef,
    studyRef: studyId,
    caseId,
    details: { from: standing.priority, to: priority, ...(undone ? { undone } : { reason }) },
  });
  // Its place on the list is computed by the product itself, at once.
  await enqueue(ctx.tx, "case.prioritize", { orgId, caseId });
  await enqueue(ctx.tx, "assignment.run", { orgId: readerOrgId });
  await announceCase(ctx, { caseId, orgId, readerOrgId, studyRef: studyId });
}
