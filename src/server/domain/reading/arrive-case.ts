import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { audit } from "../audit/index.ts";
import { matchOrders, ordersOfStudies } from "../ordering/index.ts";
import { keepPromises } from "./case-clock.ts";
import { announceCases, moveCases } from "./move-case.ts";
import type { Arrival } from "./named-moves.ts";
import { openCases, termsOf } from "./open-case.ts";
import { casePolicy } from "./policy.ts";
import { planNextScore } from "./prioritize-case.ts";
import { requestedClass } from "./priority-class.ts";
import { classWith } from "./priority-order.ts";
import { scorePriority } from "./priority-score.ts";
import { patientClassOf, promisedAt } from "./promise.ts";
import { promiseCases } from "./promise-cases.ts";
import { offerPriors, seekPriors } from "./seek-priors.ts";

type ArrivingCase = {
  caseId: string;
  studyId: string;
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  state: CaseState;
  priority: CasePriority;
  decided: CasePriority | null;
  over: CasePriority | null;
  priorityScore: number;
  dueAt: Date;
  requestedPriority: string;
  studyDate: string;
  studyDescription: string;
  patientBirthDate: string;
  modalities: string[];
  bodyParts: string[];
};

/**
 * The study is complete: its case becomes ready to read, and the contract's turnaround time starts. Called again when
 * late images made the study complete once more: then the case keeps its state, and screens are notified. The study is
 * also offered as a prior to the patient's other open cases.
 *
 * @returns the case, if there is one. @throws {DomainError} `study.not-found`
 */
export async function arriveCase(ctx: SqlCtx, { studyId }: { studyId: string }): Promise<string | null> {
  return (await arriveCases(ctx, { studyIds: [studyId] })).get(studyId) ?? null;
}

/** {@link arriveCase} for several studies of one hospital. @returns the cases by study; a study without one is missing. */
export async function arriveCases(ctx: SqlCtx, { studyIds }: { studyIds: string[] }): Promise<Map<string, string>> {
  const { tx, now } = ctx;
  const studies = await tx.$queryRaw<
    { id: string; orgId: string; readerOrgId: string | null; facilityId: string | null; hasCase: boolean }[]
  >`SELECT s.id, s.org_id AS "orgId", s.reader_org_id AS "readerOrgId", s.facility_id AS "facilityId",
      EXISTS (SELECT 1 FROM reading_case c WHERE c.study_ref = s.id) AS "hasCase" FROM study s WHERE s.id = ANY(${studyIds}::uuid[])`;
  if (studies.length < new Set(studyIds).size) throw new DomainError("study.not-found");
  for (const study of studies) casePolicy.authorize(ctx.actor, "case.arrive", study);
  const opened = await openCases(ctx, { studyIds });
  await matchOrders(ctx, { studyIds });
  const orders = await ordersOfStudies(ctx, studyIds);
  const cases = await tx.$queryRaw<ArrivingCase[]>`
    SELECT c.id AS "caseId", s.id AS "studyId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", s.facility_id AS "facilityId", c.state, c.priority,
      c.decided_priority AS decided, c.decided_over AS over,
      c.priority_score AS "priorityScore", c.due_at AS "dueAt", s.requested_priority AS "requestedPriority", s.study_date AS "studyDate", s.study_description AS "studyDescription",
      s.patient_birth_date AS "patientBirthDate", s.modalities, s.body_parts AS "bodyParts"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ANY(${[...opened.values()]}::uuid[])`;
  const terms = await termsOf(ctx, studies);
  const arrivals: Record<string, Arrival> = {};
  const classed = cases.map((row) => {
    const own = orders.get(row.studyId) ?? [];
    return { row, priority: classWith(requestedClass(row, own), row), patientClass: patientClassOf(own) };
  });
  const promises = await promiseCases(
    ctx,
    classed.flatMap(({ row: { studyId, facilityId }, ...asked }) => {
      const own = terms.get(facilityId);
      return own ? [{ ...asked, studyId, contractId: own.contractId }] : [];
    }),
  );
  for (const { row, priority, patientClass } of classed) {
    const promise = promises.get(row.studyId) ?? null;
    const dueAt = promise ? promisedAt(promise) : row.dueAt;
    const scored = { ...row, state: "unread" as const, priority, dueAt, waitingSince: now };
    arrivals[row.caseId] = { priority, patientClass, promise, ...scorePriority(scored, now) };
  }
  const moved = await moveCases(
    ctx,
    cases.map(({ caseId }) => caseId),
    "arrive",
    arrivals,
  );
  const patients = new Map(moved.map(({ caseId, patientRef }) => [caseId, patientRef]));
  for (const { caseId, orgId, studyId, priorityScore } of cases) {
    const { score } = arrivals[caseId] as Arrival;
    if (patients.has(caseId) && score !== priorityScore)
      await audit(ctx, {
        action: "case.prioritize",
        orgId,
        patientRef: patients.get(caseId) ?? null,
        studyRef: studyId,
        caseId,
        details: { score },
      });
  }
  const stays = cases.filter(({ caseId }) => !moved.some((each) => each.caseId === caseId));
  await noteComplete(ctx, stays, arrivals);
  // Its score was computed with the move; cases in other states are scored separately.
  await planNextScore(ctx, { caseIds: moved.map(({ caseId }) => caseId), anew: stays.map(({ caseId }) => caseId) });
  const isNew = new Set(studies.filter(({ hasCase }) => !hasCase).map(({ id }) => id));
  const ids = (wanted: boolean) => cases.filter((row) => isNew.has(row.studyId) === wanted).map(({ caseId }) => caseId);
  await seekPriors(ctx, { caseIds: ids(true), always: true });
  await seekPriors(ctx, { caseIds: ids(false), always: false });
  // The studies may also be priors of cases that are open already.
  await offerPriors(ctx, { studyIds });
  return opened;
}

/**
 * Cases held or cancelled while their study was arriving: they come back as complete, with the whole of their
 * time. Screens are notified of all of them.
 */
async function noteComplete(ctx: SqlCtx, cases: ArrivingCase[], arrivals: Record<string, Arrival>): Promise<void> {
  if (cases.length === 0) return;
  const complete = await ctx.tx.$queryRaw<{ caseId: string }[]>`
    UPDATE reading_case c SET paused_from = 'unread', priority = r.priority::"CasePriority", patient_class = r."patientClass", unread_at = ${ctx.now}
    FROM jsonb_to_recordset(${JSON.stringify(
      cases.map(({ caseId }) => ({
        id: caseId,
        priority: arrivals[caseId]?.priority,
        patientClass: arrivals[caseId]?.patientClass,
      })),
    )}::jsonb) AS r (id uuid, priority text, "patientClass" text)
    WHERE c.id = r.id AND c.state IN ('held', 'cancelled') AND c.paused_from = 'arriving' RETURNING c.id AS "caseId"`;
  // Their clocks begin now, and stand still until somebody brings them back.
  await keepPromises(
    ctx,
    complete.flatMap(({ caseId }) => {
      const promise = arrivals[caseId]?.promise;
      return promise ? [{ caseId, promise }] : [];
    }),
  );
  await announceCases(
    ctx,
    cases.map((row) => ({ ...row, studyRef: row.studyId })),
  );
}
