import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { holdClaim, moveCase, readTogether } from "../reading/index.ts";
import { normalizeText } from "./canonical-text.ts";
import type { KeyImage, SaveDraft, Section } from "./inputs.ts";
import { type DraftAuthorship, requireOwnDraft } from "./own-draft.ts";
import { isProductSection } from "./product-sections.ts";
import { findReportCase } from "./report-case.ts";
import type { SavedDraft } from "./shapes.ts";
import { usualLanguage } from "./usual-language.ts";

type DraftRow = DraftAuthorship & { language: string; sections: Section[]; keyImages: KeyImage[] };

/**
 * Saves the draft, if it was edited from the version that is stored now: of two windows that edited in parallel the
 * second is refused, and no text is lost. A save whose answer was lost may be repeated.
 *
 * @throws {DomainError} `report.version-conflict` with `version`, `savedAt`, `savedBy`; `report.draft-of-another` with
 * `author`, `savedAt`, `version`; `report.already-signed`; `case.claim-expired`, `case.not-claimed`, `case.not-found`;
 * `instance.not-found` (a key image of another study), `case.read-with`
 */
export async function saveDraft(ctx: Ctx<UserActor>, input: SaveDraft): Promise<SavedDraft> {
  const { actor, tx } = ctx;
  const { caseId, claimToken } = input;
  await findReportCase(ctx, caseId, "report.save-draft");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const sections = input.sections.map(({ key, title, text }) => ({
    key,
    title: normalizeText(title),
    text: normalizeText(text),
  }));
  if (
    new Set(sections.map(({ key }) => key)).size !== sections.length ||
    sections.some(({ key }) => isProductSection(key))
  )
    throw new DomainError("request.invalid", { details: { fields: "sections" } });

  const before = await readDraft(ctx, caseId);
  requireOwnDraft(before, actor.userId);
  const keyImages = input.keyImages ? await checkKeyImages(ctx, caseId, input.keyImages) : (before?.keyImages ?? []);
  const language = input.language ?? before?.language ?? (await usualLanguage(ctx, held));
  if ((before?.version ?? 0) !== input.version) {
    if (before && before.version === input.version + 1 && isSame(before, { language, sections, keyImages }))
      return { version: before.version, savedAt: before.updatedAt.toISOString() };
    throw new DomainError("report.version-conflict", {
      details: {
        version: before?.version ?? 0,
        savedAt: before?.updatedAt.toISOString() ?? null,
        savedBy: before?.savedBy ?? null,
      },
    });
  }

  const [saved] = await tx.$queryRaw<[{ version: number; updatedAt: Date }]>`
    INSERT INTO report_draft AS d (case_id, org_id, reader_org_id, version, template_id, language, sections, key_images, author_id, updated_at)
    VALUES (${caseId}::uuid, ${held.orgId}::uuid, ${held.readerOrgId}::uuid, 1, ${input.templateId ?? ""},
      ${language}, ${JSON.stringify(sections)}::jsonb,
      ${JSON.stringify(keyImages)}::jsonb, ${actor.userId}::uuid, clock_timestamp())
    ON CONFLICT (case_id) DO UPDATE SET version = d.version + 1, template_id = coalesce(${input.templateId ?? null}, d.template_id),
      language = excluded.language, sections = excluded.sections, key_images = excluded.key_images, author_id = excluded.author_id, updated_at = excluded.updated_at
    RETURNING version, updated_at AS "updatedAt"`;
  if (held.state === "claimed") await moveCase(ctx, caseId, "draft", undefined);
  await audit(ctx, {
    action: "report.save-draft",
    orgId: held.orgId,
    patientRef: held.patientRef,
    studyRef: held.studyRef,
    caseId,
    details: { version: saved.version },
  });
  // The hospital is not notified: it may not see drafts.
  await publish(tx, { topic: "report.changed", orgIds: [held.readerOrgId], caseId, studyId: held.studyRef });
  return { version: saved.version, savedAt: saved.updatedAt.toISOString() };
}

export async function readDraft({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<DraftRow | null> {
  const [draft] = await tx.$queryRaw<DraftRow[]>`
    SELECT version, language, sections, key_images AS "keyImages", updated_at AS "updatedAt", author_id AS "authorId", staff_name(author_id) AS "savedBy"
    FROM report_draft WHERE case_id = ${caseId}::uuid`;
  return draft ?? null;
}

type Text = { language: string; sections: Section[]; keyImages: KeyImage[] };

function isSame(a: Text, b: Text) {
  // jsonb does not preserve the order of keys.
  const text = ({ language, sections, keyImages }: Text) =>
    JSON.stringify([
      language,
      sections.map(({ key, title, text }) => [key, title, text]),
      keyImages.map((i) => Object.entries(i).sort()),
    ]);
  return text(a) === text(b);
}

/** Checks that key images belong to the study, or to one that is read with it, and takes their attributes from the archive. */
async function checkKeyImages(ctx: Ctx, caseId: string, keyImages: KeyImage[]): Promise<KeyImage[]> {
  if (keyImages.length === 0) return [];
  const { tx } = ctx;
  const studyRefs = (await readTogether(ctx, caseId)).map(({ studyRef }) => studyRef);
  const rows = await tx.$queryRaw<
    { sopInstanceUid: string; sopClassUid: string; seriesInstanceUid: string; numberOfFrames: number }[]
  >`
    SELECT i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid", r.series_instance_uid AS "seriesInstanceUid",
      i.number_of_frames AS "numberOfFrames"
    FROM instance i JOIN series r ON r.id = i.series_ref
    WHERE i.study_ref = ANY(${studyRefs}::uuid[]) AND i.status = 'stored'
      AND i.sop_instance_uid = ANY(${keyImages.map(({ sopInstanceUid }) => sopInstanceUid)})`;
  const archived = new Map(rows.map((row) => [row.sopInstanceUid, row]));
  return keyImages.map((image) => {
    const row = archived.get(image.sopInstanceUid);
    if (!row || image.frameNumber > Math.max(1, row.numberOfFrames)) throw new DomainError("instance.not-found");
    return {
      ...image,
      caption: normalizeText(image.caption),
      sopClassUid: row.sopClassUid,
      seriesInstanceUid: row.seriesInstanceUid,
    };
  });
}
