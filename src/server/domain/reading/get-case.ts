import { DomainError } from "@overread/shared/errors";
import { type Reason, reason } from "@overread/shared/reasons";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { type OrderOfStudy, ordersOfStudies } from "../ordering/index.ts";
import type { PatientConflict } from "../patient-conflicts.ts";
import type { Identity } from "../patient-identity.ts";
import { handoverOf } from "./case-handovers.ts";
import { messagesOf } from "./case-messages.ts";
import { acquiredModalities, type CaseRow, selectCases, toWorklistItem } from "./case-rows.ts";
import type { OfCase } from "./inputs.ts";
import { type CaseAction, casePolicy } from "./policy.ts";
import type { CaseDetail, PriorSummary } from "./shapes.ts";
import { siteNotesOf } from "./site-notes.ts";
import { whyDue } from "./why-due.ts";

/**
 * A case with its study as the caller's organisation sees it; null when it does not. Checks no policy: the calling
 * module has its own.
 */
export async function readCaseRow({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<CaseRow | null> {
  const [row] = await tx.$queryRaw<CaseRow[]>`${selectCases} WHERE c.id = ${caseId}::uuid`;
  return row ?? null;
}

/**
 * A case for a caller who may do `action` to it.
 * @throws {DomainError} `case.not-found` (also for another's), `auth.forbidden`
 */
export async function findCase(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  caseId: string,
  action: CaseAction,
): Promise<CaseRow> {
  const row = await readCaseRow({ tx }, caseId);
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(actor, action, row);
  return row;
}

/**
 * One case with its priors and why it stands where it stands.
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function getCase(ctx: Ctx, { caseId }: OfCase): Promise<CaseDetail> {
  const row = await findCase(ctx, caseId, "case.read");
  const priors = await priorsOf(ctx, row);
  const orders = await ordersOf(ctx, row);
  const messages = await messagesOf(ctx, caseId);
  const handover = await handoverOf(ctx, caseId);
  const because = await whyDue(ctx, row);
  const notes = await siteNotesOf(ctx, caseId);
  await audit(ctx, {
    action: "case.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
  });
  return { ...toWorklistItem(ctx.actor, row), orders, messages, notes, priors, handover, whyDue: because };
}

/**
 * The priors that may be named under Comparison automatically: of the same person, or accepted as such by a reader of
 * this case.
 */
export async function comparablePriors(ctx: Pick<Ctx, "tx">, row: CaseRow): Promise<PriorSummary[]> {
  // What is lent is not named by itself: the report stays when access to it has ended.
  return (await priorsOf(ctx, row)).filter(
    ({ identity, accepted, lentBy }) => (identity === "agrees" || accepted) && !lentBy,
  );
}

/** The orders that the case's study answers. */
export async function ordersOf(ctx: Pick<Ctx, "tx">, { studyId }: Pick<CaseRow, "studyId">): Promise<OrderOfStudy[]> {
  return (await ordersOfStudies(ctx, [studyId])).get(studyId) ?? [];
}

function reasonOf(identity: Identity, differ: PatientConflict[]): Reason | null {
  if (identity === "conflict") return reason("prior-names-another", { differ });
  return identity === "unknown" ? reason("too-little-known") : null;
}

type PriorRow = Omit<PriorSummary, "identityReason"> & { differ: PatientConflict[] };

/** The attached priors, most relevant first; those of another patient last. What is lent to the caller's claim is among them. */
export async function priorsOf({ tx }: Pick<Ctx, "tx">, row: CaseRow): Promise<PriorSummary[]> {
  const rows = await tx.$queryRaw<PriorRow[]>(Prisma.sql`
    SELECT s.id AS "studyId", s.study_instance_uid AS "studyInstanceUid", o.slug AS "orgSlug", s.study_date AS "studyDate",
      s.study_description AS "studyDescription", ${acquiredModalities} AS modalities, p.relevance, p.reasons, p.identity, p.differ, p.accepted,
      EXISTS (SELECT 1 FROM report_version v WHERE v.study_ref = s.id AND v.kind <> 'preliminary') AS "hasReport",
      CASE WHEN p.lent THEN jsonb_build_object('hospital', o.name, 'facility', coalesce(f.name, o.name)) END AS "lentBy"
    FROM (
      SELECT a.study_ref, a.relevance, a.reasons, a.identity, a.differ, a.accepted_at IS NOT NULL AS accepted, false AS lent
      FROM case_prior a WHERE a.case_id = ${row.caseId}::uuid
      UNION ALL
      SELECT b.study_ref, b.relevance, b.reasons, 'agrees', '{}', false, true
      FROM lent_now() l JOIN borrowed_prior b ON b.case_id = l.case_id AND b.study_ref = l.study_ref AND b.claim_token = l.claim_token
      WHERE l.case_id = ${row.caseId}::uuid
        AND NOT EXISTS (SELECT 1 FROM case_prior a WHERE a.case_id = l.case_id AND a.study_ref = l.study_ref)
    ) p JOIN study s ON s.id = p.study_ref JOIN organization o ON o.id = s.org_id LEFT JOIN facility f ON f.id = s.facility_id
    ORDER BY p.identity = 'conflict', p.relevance DESC, s.study_date DESC, s.id`);
  return rows.map(({ differ, ...prior }) => ({ ...prior, identityReason: reasonOf(prior.identity, differ) }));
}
