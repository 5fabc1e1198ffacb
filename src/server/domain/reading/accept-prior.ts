import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { findCase } from "./get-case.ts";
import { OfCase } from "./inputs.ts";
import { announceCase } from "./move-case.ts";

export const AcceptPrior = OfCase.extend({ studyId: z.uuid() });
export type AcceptPrior = z.output<typeof AcceptPrior>;

/**
 * Records that a reader compares with an earlier study whose patient identity is uncertain. Deliberate and audited at
 * the hospital. From then on the study may be hung and named under Comparison, in this case only.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`; `request.invalid` for a study that is no prior of the case.
 */
export async function acceptPrior(ctx: Ctx<UserActor>, { caseId, studyId }: AcceptPrior): Promise<{ accepted: true }> {
  const { actor, tx } = ctx;
  const row = await findCase(ctx, caseId, "case.accept-prior");
  const [prior] = await tx.$queryRaw<{ identity: string; differ: string[]; before: Date | null }[]>`
    WITH known AS (SELECT accepted_at FROM case_prior WHERE case_id = ${caseId}::uuid AND study_ref = ${studyId}::uuid FOR UPDATE)
    UPDATE case_prior p SET accepted_at = coalesce(p.accepted_at, now()), accepted_by_id = coalesce(p.accepted_by_id, ${actor.userId}::uuid)
    FROM known WHERE p.case_id = ${caseId}::uuid AND p.study_ref = ${studyId}::uuid
    RETURNING p.identity, p.differ, known.accepted_at AS before`;
  if (!prior) throw new DomainError("request.invalid", { details: { fields: "studyId" } });
  if (prior.before) return { accepted: true };
  await audit(ctx, {
    action: "case.accept-prior",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { prior: studyId, identity: prior.identity, differ: prior.differ.join(" ") },
  });
  await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: row.studyId });
  return { accepted: true };
}
