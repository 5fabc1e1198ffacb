import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { compareIdentity, type Identity } from "../patient-identity.ts";
import { announceCase } from "./move-case.ts";
import { shareStudy } from "./open-case.ts";
import { casePolicy } from "./policy.ts";
import { priorRelevance } from "./prior-relevance.ts";

/** As many as a reader will ever look at; the rest is found in the archive. */
const mostPriors = 40;

/**
 * Finds the patient's earlier studies in the hospital's archive and attaches them to the case by relevance.
 * Computes the whole set anew, so running it twice or late does no harm.
 *
 * Earlier studies are looked for under the same patient ID and issuer of the same hospital. Whether they are of the same person is
 * compared besides (`domain/patient-identity.ts`), or was said by somebody of the site; one that is not is offered all the same, last
 * and with that said, and never compared by itself.
 * @throws {DomainError} `case.not-found`
 */
export async function attachPriors(ctx: Ctx, { caseId }: { caseId: string }): Promise<{ attached: number }> {
  const { tx } = ctx;
  const row = await tx.readingCase.findUnique({ where: { id: caseId } });
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(ctx.actor, "case.attach-priors", row);
  const current = await tx.study.findUniqueOrThrow({ where: { id: row.studyRef } });

  const earlier = await tx.study.findMany({
    where: { orgId: row.orgId, patientRef: current.patientRef, id: { not: current.id }, numberOfInstances: { gt: 0 } },
    orderBy: [{ studyDate: "desc" }, { id: "asc" }],
    take: 500,
  });
  const cleared = await clearedWith(ctx, current.id);
  const priors = earlier
    .filter((study) => isEarlier(study, current) && (!study.readerOrgId || study.readerOrgId === row.readerOrgId))
    .map((study) => ({
      study,
      ...priorRelevance(asAcquired(current), asAcquired(study)),
      ...identityOf(cleared, current, study),
    }))
    .sort(
      (a, b) =>
        Number(a.identity === "conflict") - Number(b.identity === "conflict") ||
        b.relevance - a.relevance ||
        b.study.studyDate.localeCompare(a.study.studyDate),
    )
    .slice(0, mostPriors);

  const before = await tx.casePrior.findMany({
    where: { caseId },
    select: { studyRef: true, relevance: true, identity: true },
  });
  await tx.casePrior.deleteMany({ where: { caseId, studyRef: { notIn: priors.map(({ study }) => study.id) } } });
  for (const { study, relevance, reasons, identity, differ } of priors) {
    // The group may compare with what it was not asked to read.
    await shareStudy(ctx, study.id, row.readerOrgId);
    await tx.casePrior.upsert({
      where: { caseId_studyRef: { caseId, studyRef: study.id } },
      create: {
        caseId,
        studyRef: study.id,
        orgId: row.orgId,
        readerOrgId: row.readerOrgId,
        relevance,
        reasons,
        identity,
        differ,
      },
      update: { relevance, reasons, identity, differ },
    });
  }
  const key = (list: { studyRef: string; relevance: number; identity: string }[]) =>
    list
      .map(({ studyRef, relevance, identity }) => `${studyRef}:${relevance}:${identity}`)
      .sort()
      .join();
  if (
    key(before) !== key(priors.map(({ study, relevance, identity }) => ({ studyRef: study.id, relevance, identity })))
  ) {
    await audit(ctx, {
      action: "case.attach-priors",
      orgId: row.orgId,
      patientRef: current.patientRef,
      studyRef: current.id,
      caseId,
      details: { count: priors.length },
    });
    await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: row.studyRef });
  }
  return { attached: priors.length };
}

/** Studies of which somebody of the site has said that they are of the same patient as this one. */
async function clearedWith({ tx }: Ctx, studyId: string): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ other: string }[]>`
    SELECT CASE WHEN study_ref = ${studyId}::uuid THEN other_study_ref ELSE study_ref END AS other
    FROM identity_clearance WHERE study_ref = ${studyId}::uuid OR other_study_ref = ${studyId}::uuid`;
  return new Set(rows.map(({ other }) => other));
}

type Compared = Parameters<typeof compareIdentity>[0] & { id: string };
function identityOf(
  cleared: Set<string>,
  current: Compared,
  study: Compared,
): { identity: Identity; differ: string[] } {
  return cleared.has(study.id) ? { identity: "agrees", differ: [] } : compareIdentity(current, study);
}

/** Two studies are not of one modality because both have a dose report or a report of ours. */
const asAcquired = <T extends { hasPictures: boolean; acquiredModalities: string[]; modalities: string[] }>(
  study: T,
): T => (study.hasPictures ? { ...study, modalities: study.acquiredModalities } : study);

type Dated = { studyDate: string; studyTime: string; firstReceivedAt: Date };
/** By the modality's own date and time; where it gave none, by when the first image came. */
function isEarlier(study: Dated, current: Dated): boolean {
  if (!study.studyDate || !current.studyDate) return study.firstReceivedAt < current.firstReceivedAt;
  if (study.studyDate !== current.studyDate) return study.studyDate < current.studyDate;
  if (study.studyTime && current.studyTime && study.studyTime !== current.studyTime)
    return study.studyTime < current.studyTime;
  return study.firstReceivedAt < current.firstReceivedAt;
}
