import type { SqlCtx } from "#server/context.ts";
import type { PatientClass, Priority } from "../assignment/engine/index.ts";
import { serviceLevelsOf } from "../service-level/index.ts";
import { caseClocks } from "./case-clock.ts";
import { type CasePromise, type PromiseFacts, promiseAgain, promiseOf } from "./promise.ts";

type Asked = { studyId: string; priority: Priority; patientClass: PatientClass };

/** What each of these studies is promised that arrive now. @param asked with the contract in force. @returns promises by study. */
export async function promiseCases(
  ctx: SqlCtx,
  asked: (Asked & { contractId: string })[],
): Promise<Map<string, CasePromise>> {
  if (asked.length === 0) return new Map();
  const facts = await factsOf(ctx, asked);
  const versions = await serviceLevelsOf(ctx, { contractIds: [...new Set(asked.map(({ contractId }) => contractId))] });
  return new Map(
    asked.flatMap(({ studyId, contractId }) => {
      const known = facts.get(studyId);
      const own = versions.filter((each) => each.contractId === contractId);
      return known ? [[studyId, promiseOf(known, ctx.now, own)] as const] : [];
    }),
  );
}

/** What cases are promised after their classes have changed ({@link promiseAgain}). @returns promises by case. */
export async function promiseCasesAgain(
  ctx: SqlCtx,
  cases: (Asked & { caseId: string; arrivedAt: Date; before: CasePromise })[],
): Promise<Map<string, CasePromise>> {
  if (cases.length === 0) return new Map();
  const facts = await factsOf(ctx, cases);
  const versions = await serviceLevelsOf(ctx, {
    serviceLevelIds: [...new Set(cases.flatMap(({ before }) => before.serviceLevelId ?? []))],
  });
  const clocks = await caseClocks(
    ctx,
    cases.map(({ caseId }) => caseId),
  );
  return new Map(
    cases.flatMap(({ caseId, studyId, before, arrivedAt }) => {
      const known = facts.get(studyId);
      if (!known) return [];
      const version = versions.find(({ id }) => id === before.serviceLevelId) ?? null;
      const stops = clocks.get(caseId)?.stops ?? [];
      return [[caseId, promiseAgain({ facts: known, version, before, arrivedAt, stops, now: ctx.now })] as const];
    }),
  );
}

/** Where and with what each study was made. A study of no facility is of the hospital as such, on the hospital's own clock. */
async function factsOf({ tx }: Pick<SqlCtx, "tx">, asked: Asked[]): Promise<Map<string, PromiseFacts>> {
  const ids = asked.map(({ studyId }) => studyId);
  const rows = await tx.$queryRaw<{ studyId: string; facilityId: string; timeZone: string; modalities: string[] }[]>`
    SELECT s.id AS "studyId", coalesce(s.facility_id, s.org_id) AS "facilityId", coalesce(f.time_zone, o.time_zone) AS "timeZone",
      CASE WHEN s.has_pictures THEN s.acquired_modalities ELSE s.modalities END AS modalities
    FROM study s JOIN organization o ON o.id = s.org_id LEFT JOIN facility f ON f.id = s.facility_id WHERE s.id = ANY(${ids}::uuid[])`;
  const places = new Map(rows.map(({ studyId, ...place }) => [studyId, place]));
  return new Map(
    asked.flatMap(({ studyId, priority, patientClass }) => {
      const place = places.get(studyId);
      return place ? [[studyId, { ...place, priority, patientClass }] as const] : [];
    }),
  );
}
