import type { SqlCtx } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import type { PatientClass } from "../assignment/engine/index.ts";
import { audit } from "../audit/index.ts";
import { ordersOfStudies } from "../ordering/index.ts";
import { keepPromises } from "./case-clock.ts";
import { isFinished } from "./case-conditions.ts";
import { announceCases } from "./move-case.ts";
import { casePolicy } from "./policy.ts";
import { prioritizeCases } from "./prioritize-case.ts";
import { requestedClass } from "./priority-class.ts";
import { classWith } from "./priority-order.ts";
import { patientClassOf } from "./promise.ts";
import { promiseCasesAgain } from "./promise-cases.ts";

type Row = {
  caseId: string;
  studyId: string;
  studyRef: string;
  orgId: string;
  readerOrgId: string;
  patientRef: string;
  state: CaseState;
  priority: CasePriority;
  patientClass: PatientClass;
  decided: CasePriority | null;
  over: CasePriority | null;
  arrivedAt: Date;
  serviceLevelId: string | null;
  line: number | null;
  minutes: number;
  from: Date;
  requestedPriority: string;
  studyDescription: string;
};

/**
 * The cases of these studies take over what their orders say now: their class (unless somebody has decided it: {@link classWith}), that of the patient, and with them the promise
 * ({@link promiseAgain} in promise.ts) and the place on the list. What is signed or cancelled stays as it is; the screens are told in any
 * case, since the clinical information may be new.
 */
export async function applyOrders(ctx: SqlCtx, { studyIds }: { studyIds: string[] }): Promise<void> {
  const { tx } = ctx;
  const cases = await tx.$queryRaw<Row[]>`
    SELECT c.id AS "caseId", s.id AS "studyId", s.id AS "studyRef", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId",
      s.patient_ref AS "patientRef", c.state, c.priority, c.patient_class AS "patientClass", c.decided_priority AS decided, c.decided_over AS over, coalesce(c.unread_at, c.created_at) AS "arrivedAt",
      c.service_level_id AS "serviceLevelId", c.service_level_line AS line, c.promised_minutes AS minutes, c.promised_from AS "from", s.requested_priority AS "requestedPriority",
      s.study_description AS "studyDescription"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.id = ANY(${studyIds}::uuid[]) ORDER BY c.id FOR UPDATE OF c`;
  for (const row of cases) casePolicy.authorize(ctx.actor, "case.prioritize", row);
  const orders = await ordersOfStudies(ctx, studyIds);
  const open = cases.filter((row) => !isFinished(row));
  const changed = open.flatMap((row) => {
    const own = orders.get(row.studyId) ?? [];
    const [priority, patientClass] = [classWith(requestedClass(row, own), row), patientClassOf(own)];
    return priority === row.priority && patientClass === row.patientClass ? [] : [{ row, priority, patientClass }];
  });
  if (changed.length > 0) {
    const promises = await promiseCasesAgain(
      ctx,
      changed.map(({ row: { caseId, studyId, arrivedAt, serviceLevelId, line, minutes, from }, ...asked }) => ({
        ...asked,
        caseId,
        studyId,
        arrivedAt,
        before: { serviceLevelId, line, minutes, from },
      })),
    );
    const values = changed.map(({ row, priority, patientClass }) => ({
      id: row.caseId,
      priority,
      class: patientClass,
    }));
    await tx.$executeRaw`
      UPDATE reading_case c SET priority = r.priority::"CasePriority", patient_class = r.class
      FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (id uuid, priority text, class text) WHERE c.id = r.id`;
    await keepPromises(
      ctx,
      [...promises].map(([caseId, promise]) => ({ caseId, promise })),
    );
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
    const groups = [...new Set(changed.map(({ row }) => row.readerOrgId))];
    await enqueueAll(
      tx,
      "assignment.run",
      groups.map((orgId) => ({ payload: { orgId } })),
    );
  }
  await announceCases(ctx, cases);
}
