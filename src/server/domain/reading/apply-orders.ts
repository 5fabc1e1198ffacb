import type { SqlCtx } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { audit } from "../audit/index.ts";
import { ordersOfStudies } from "../ordering/index.ts";
import { isFinished } from "./case-conditions.ts";
import { minutesToRead } from "./contract-terms.ts";
import { announceCases } from "./move-case.ts";
import { termsOf } from "./open-case.ts";
import { casePolicy } from "./policy.ts";
import { prioritizeCases } from "./prioritize-case.ts";
import { requestedClass } from "./priority-class.ts";

type Row = {
  caseId: string;
  studyId: string;
  studyRef: string;
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  patientRef: string;
  state: CaseState;
  priority: CasePriority;
  dueAt: Date;
  /** Of a held case: its clock stands still since then. */
  pausedAt: Date | null;
  requestedPriority: string;
  studyDescription: string;
};

/**
 * The cases of these studies take over what their orders say now: class and due time, and with them the place on the list. A case that
 * becomes more urgent is promised from this moment (a held one from when its clock goes on), and never later than before; one that becomes
 * less so gets the difference of the two times. What is signed or cancelled stays as it is; the screens are told in any case, since the clinical information may be new.
 */
export async function applyOrders(ctx: SqlCtx, { studyIds }: { studyIds: string[] }): Promise<void> {
  const { tx, now } = ctx;
  const cases = await tx.$queryRaw<Row[]>`
    SELECT c.id AS "caseId", s.id AS "studyId", s.id AS "studyRef", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.facility_id AS "facilityId",
      s.patient_ref AS "patientRef", c.state, c.priority, c.due_at AS "dueAt", c.paused_at AS "pausedAt", s.requested_priority AS "requestedPriority",
      s.study_description AS "studyDescription"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.id = ANY(${studyIds}::uuid[]) ORDER BY c.id FOR UPDATE OF c`;
  for (const row of cases) casePolicy.authorize(ctx.actor, "case.prioritize", row);
  const orders = await ordersOfStudies(ctx, studyIds);
  const open = cases.filter((row) => !isFinished(row));
  const terms = await termsOf(ctx, open);
  const changed = open.flatMap((row) => {
    const priority = requestedClass(row, orders.get(row.studyId) ?? []);
    if (priority === row.priority) return [];
    const own = terms.get(row.facilityId);
    return [
      {
        row,
        priority,
        dueAt: own ? dueAfter(row, minutesToRead(own, row.priority), minutesToRead(own, priority), now) : row.dueAt,
      },
    ];
  });
  if (changed.length > 0) {
    await tx.$executeRaw`
      UPDATE reading_case c SET priority = r.priority::"CasePriority", due_at = r.due
      FROM jsonb_to_recordset(${JSON.stringify(changed.map(({ row, priority, dueAt }) => ({ id: row.caseId, priority, due: dueAt })))}::jsonb)
        AS r (id uuid, priority text, due timestamptz)
      WHERE c.id = r.id`;
    for (const { row, priority } of changed)
      await audit(ctx, {
        action: "case.apply-orders",
        orgId: row.orgId,
        patientRef: row.patientRef,
        studyRef: row.studyId,
        caseId: row.caseId,
        details: { from: row.priority, to: priority },
      });
    await prioritizeCases(ctx, { caseIds: changed.map(({ row }) => row.caseId) });
  }
  await announceCases(ctx, cases);
}

function dueAfter({ dueAt, pausedAt }: Row, minutesBefore: number, minutesNow: number, now: Date): Date {
  const minute = 60_000;
  // The end of a hold adds the whole time since it began.
  const from = (pausedAt ?? now).getTime();
  if (minutesNow < minutesBefore) return new Date(Math.min(dueAt.getTime(), from + minutesNow * minute));
  return new Date(dueAt.getTime() + (minutesNow - minutesBefore) * minute);
}
