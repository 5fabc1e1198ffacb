import { ageAt } from "@overread/shared/dicom/age";
import { formatPersonName } from "@overread/shared/dicom/person-name";
import { DomainError } from "@overread/shared/errors";
import type { SeriesFacts } from "@overread/shared/hanging/facts";
import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { mayAccessStudy } from "../image-access.ts";
import { ordersOfStudies } from "../ordering/index.ts";
import { regionsOf } from "./body-regions.ts";
import { borrowPriors } from "./borrow-priors.ts";
import { isHeldBy, personOf } from "./case-conditions.ts";
import { nameGroups, toWorklistItem } from "./case-rows.ts";
import { findCase, priorsOf } from "./get-case.ts";
import { hangingFactsOf } from "./hanging-facts.ts";
import type { OfCase } from "./inputs.ts";
import { casePolicy } from "./policy.ts";
import { offeredWith } from "./read-together.ts";
import type { OpenedCase, OpenedPrior, ReportSection, SeriesSummary, SiteNotes } from "./shapes.ts";
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
  const series = await seriesOf(ctx, studyIds);
  const facts = await hangingFactsOf(ctx, studyIds);
  /** A study as the viewer hangs it. */
  const hangable = (studyId: string, description: string): Pick<OpenedPrior, "series" | "regions"> => {
    const { bySeries, bodyParts } = facts.get(studyId) ?? { bySeries: new Map<string, SeriesFacts>(), bodyParts: [] };
    return {
      regions: regionsOf(bodyParts, description),
      series: (series.get(studyId) ?? []).map((each) => {
        const known = bySeries.get(each.seriesInstanceUid);
        return known ? { ...each, facts: known } : each;
      }),
    };
  };
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

/**
 * The series of several studies, by study, in the order of their numbers. Only stored instances count, not quarantined
 * ones.
 */
export async function seriesOf({ tx }: Pick<Ctx, "tx">, studyIds: string[]): Promise<Map<string, SeriesSummary[]>> {
  const rows = await tx.$queryRaw<(Omit<SeriesSummary, "facts"> & { studyId: string })[]>`
    SELECT r.study_ref AS "studyId", r.series_instance_uid AS "seriesInstanceUid", r.modality, r.series_number AS "seriesNumber",
      r.series_description AS "seriesDescription", r.number_of_instances AS "numberOfInstances", middle.uid AS "thumbnailSopInstanceUid"
    FROM series r
    LEFT JOIN LATERAL (
      SELECT i.sop_instance_uid AS uid FROM instance i
      WHERE i.series_ref = r.id AND i.status = 'stored' AND i.frame_index IS NOT NULL
      ORDER BY i.instance_number NULLS LAST, i.sop_instance_uid
      OFFSET (SELECT count(*) / 2 FROM instance i WHERE i.series_ref = r.id AND i.status = 'stored' AND i.frame_index IS NOT NULL) LIMIT 1
    ) middle ON true
    WHERE r.study_ref = ANY(${studyIds}::uuid[]) AND r.number_of_instances > 0
    ORDER BY r.series_number NULLS LAST, r.series_instance_uid`;
  const byStudy = new Map<string, SeriesSummary[]>(studyIds.map((id) => [id, []]));
  for (const { studyId, ...summary } of rows) byStudy.get(studyId)?.push(summary);
  return byStudy;
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
