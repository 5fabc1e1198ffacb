import { ageAt } from "@overread/shared/dicom/age";
import { formatPersonName } from "@overread/shared/dicom/person-name";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { mayAccessStudy } from "../image-access.ts";
import { ordersOfStudies } from "../ordering/index.ts";
import { borrowPriors } from "./borrow-priors.ts";
import { isHeldBy, personOf } from "./case-conditions.ts";
import { nameGroups, toWorklistItem } from "./case-rows.ts";
import { findCase, priorsOf } from "./get-case.ts";
import { hangableStudies } from "./hangable-studies.ts";
import type { OfCase } from "./inputs.ts";
import { casePolicy } from "./policy.ts";
import { offeredWith } from "./read-together.ts";
import type { OpenedCase, OpenedPrior, ReportSection, SiteNotes } from "./shapes.ts";
import { siteNotesOf } from "./site-notes.ts";

/**
 * Everything the reading page needs: the patient banner, the study and its priors with their DICOMweb identifiers, and
 * for readers the reports of the priors.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function openStudy(ctx: Ctx, { caseId }: OfCase): Promise<OpenedCase> {
  const { actor } = ctx;
  const row = await findCase(ctx, caseId, "case.read");
  if (!mayAccessStudy(actor, "study.read", row)) throw new DomainError("auth.forbidden");
  // Since the claim began, more may have arrived there, or terms may have changed.
  if (isHeldBy(personOf(actor), row)) await borrowPriors(ctx, row);
  const together = (row.readWith ?? []).filter((each) => each.caseId !== caseId);
  // What is read with it is no earlier study.
  const priors = (await priorsOf(ctx, row)).filter(({ studyId }) => !together.some((each) => each.studyId === studyId));
  const asked = [row.studyId, ...together.map(({ studyId }) => studyId)];
  const ordered = [...(await ordersOfStudies(ctx, asked)).values()].flat();
  const orders = [...new Map(ordered.map((order) => [order.orderId, order])).values()];
  const notes = await siteNotesOf(ctx, caseId);
  const notesWith = new Map<string, SiteNotes>();
  for (const each of together) notesWith.set(each.caseId, await siteNotesOf(ctx, each.caseId));
  const studyIds = [row.studyId, ...[...together, ...priors].map(({ studyId }) => studyId)];
  const hangable = await hangableStudies(ctx, studyIds);
  const reports = casePolicy.can(actor, "case.read-prior-report", row)
    ? await newestReports(
        ctx,
        priors.filter(({ hasReport }) => hasReport).map(({ studyId }) => studyId),
      )
    : new Map<string, OpenedPrior["report"]>();
  await audit(ctx, {
    action: "case.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { priors: priors.length, opened: true },
  });
  for (const { caseId: other, studyId: studyRef } of together)
    await audit(ctx, {
      action: "case.read",
      orgId: row.orgId,
      patientRef: row.patientRef,
      studyRef,
      caseId: other,
      details: { with: caseId, opened: true },
    });

  const opened = priors.map((prior): OpenedPrior => {
    const report = reports.get(prior.studyId);
    return {
      studyId: prior.studyId,
      orgSlug: prior.orgSlug,
      studyInstanceUid: prior.studyInstanceUid,
      dicomwebRoot: `/dicomweb/${prior.orgSlug}`,
      ...hangable(prior.studyId, prior.studyDescription),
      relevance: prior.relevance,
      reasons: prior.reasons,
      identity: prior.identity,
      identityReason: prior.identityReason,
      accepted: prior.accepted,
      lentBy: prior.lentBy,
      studyDate: prior.studyDate,
      description: prior.studyDescription,
      modalities: prior.modalities,
      ...(report ? { report } : {}),
    };
  });
  return {
    item: toWorklistItem(actor, row),
    orders,
    notes,
    patient: {
      name: formatPersonName(row.patientName),
      nameGroups: nameGroups(row.patientName),
      sex: row.patientSex,
      birthDate: row.patientBirthDate,
      ageAtStudy: ageAt({ birthDate: row.patientBirthDate, patientAge: row.patientAge }, row.studyDate),
      patientId: row.patientId,
      issuer: row.issuerOfPatientId,
    },
    current: {
      orgSlug: row.orgSlug,
      studyInstanceUid: row.studyInstanceUid,
      dicomwebRoot: `/dicomweb/${row.orgSlug}`,
      ...hangable(row.studyId, row.studyDescription),
    },
    together: together.map((each) => ({
      ...each,
      orgSlug: row.orgSlug,
      dicomwebRoot: `/dicomweb/${row.orgSlug}`,
      ...hangable(each.studyId, each.description),
      history: notesWith.get(each.caseId)?.history ?? null,
    })),
    mayReadWith: isHeldBy(personOf(actor), row) ? await offeredWith(ctx, row.readWithId ?? caseId) : [],
    priors: opened,
  };
}

async function newestReports({ tx }: Ctx, studyIds: string[]): Promise<Map<string, OpenedPrior["report"]>> {
  if (studyIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ studyRef: string; signedAt: Date; signedBy: string; sections: ReportSection[] }[]>`
    SELECT DISTINCT ON (study_ref) study_ref AS "studyRef", signed_at AS "signedAt", signed_by_name AS "signedBy", sections
    FROM report_version WHERE study_ref = ANY(${studyIds}::uuid[]) AND kind <> 'preliminary' ORDER BY study_ref, version DESC`;
  return new Map(
    rows.map(({ studyRef, signedAt, signedBy, sections }) => [
      studyRef,
      { signedAt: signedAt.toISOString(), signedBy, sections },
    ]),
  );
}
