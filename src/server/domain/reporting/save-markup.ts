import { DomainError } from "@overread/shared/errors";
import type { Markup } from "@overread/shared/measurements/markup";
import { imageOf, type MeasuredImage } from "@overread/shared/measurements/measurement";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { holdClaim } from "../reading/index.ts";
import { type KeptMarkup, markupsOf } from "./get-markup.ts";
import { imagesToMark } from "./images-to-mark.ts";
import type { SaveMarkup } from "./inputs.ts";
import { findReportCase } from "./report-case.ts";
import type { SavedDraft } from "./shapes.ts";

/**
 * Keeps what the holder of a case has drawn on its images, and how he looked at them, if it was changed from the version
 * that is kept now: of two windows the second is told, and merges (`mergedMarkup`). A save whose answer was lost may be
 * repeated. Each measurement has its author's name: the caller's, or a colleague's where it is a colleague's that he
 * took over.
 *
 * @throws {DomainError} `report.version-conflict` with `version`; `instance.not-found` (an image of another study, or none);
 * `report.already-signed`, `case.claim-expired`, `case.not-claimed`, `case.read-with`, `case.not-found`
 */
export async function saveMarkup(ctx: Ctx<UserActor>, input: SaveMarkup): Promise<SavedDraft> {
  const { actor, tx } = ctx;
  const { caseId, claimToken, version } = input;
  await findReportCase(ctx, caseId, "report.save-markup");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const all = await markupsOf(ctx, caseId);
  const before = all.find(({ authorId }) => authorId === actor.userId);
  await requireOwnImages(ctx, caseId, input.markup, before?.markup);
  const markup = withAuthors(input.markup, all, actor.displayName);
  if ((before?.version ?? 0) !== version) {
    if (before && before.version === version + 1 && isSame(before.markup, markup))
      return { version: before.version, savedAt: before.savedAt.toISOString() };
    throw new DomainError("report.version-conflict", { details: { version: before?.version ?? 0 } });
  }
  const [saved] = await tx.$queryRaw<{ version: number; updatedAt: Date }[]>`
    INSERT INTO case_markup AS m (case_id, author_id, org_id, reader_org_id, document)
    VALUES (${caseId}::uuid, ${actor.userId}::uuid, ${held.orgId}::uuid, ${held.readerOrgId}::uuid, ${JSON.stringify(markup)}::jsonb)
    ON CONFLICT (case_id, author_id) DO UPDATE SET version = m.version + 1, document = excluded.document, updated_at = clock_timestamp()
      WHERE m.version = ${version}
    RETURNING version, updated_at AS "updatedAt"`;
  if (!saved) throw new DomainError("report.version-conflict", { details: { version: version + 1 } });
  await audit(ctx, {
    action: "report.save-markup",
    orgId: held.orgId,
    patientRef: held.patientRef,
    studyRef: held.studyRef,
    caseId,
    details: { version: saved.version, measurements: markup.measurements.length },
  });
  return { version: saved.version, savedAt: saved.updatedAt.toISOString() };
}

/**
 * Nothing is drawn on another patient's image. What was kept already stays as it is when its image has gone since.
 *
 * @throws {DomainError} `instance.not-found`
 */
async function requireOwnImages(ctx: Ctx, caseId: string, markup: Markup, before?: Markup): Promise<void> {
  const named = imagesIn(markup);
  const known = await imagesToMark(ctx, caseId, [...new Set(named.map(({ sopInstanceUid }) => sopInstanceUid))]);
  const keptBefore = new Set(before ? imagesIn(before).map(({ sopInstanceUid }) => sopInstanceUid) : []);
  for (const image of named) {
    const row = known.get(image.sopInstanceUid);
    const isIt =
      row?.studyInstanceUid === image.studyInstanceUid &&
      row.seriesInstanceUid === image.seriesInstanceUid &&
      row.sopClassUid === image.sopClassUid &&
      image.frameNumber <= Math.max(1, row.numberOfFrames);
    if (!isIt && (row || !keptBefore.has(image.sopInstanceUid))) throw new DomainError("instance.not-found");
  }
}

function imagesIn({ measurements, presentations }: Markup): MeasuredImage[] {
  return [...measurements.map(imageOf), ...presentations.map(({ image }) => image)];
}

/** No name is taken from the request that is not a colleague's for this very measurement. */
function withAuthors(markup: Markup, all: readonly KeptMarkup[], own: string): Markup {
  const known = new Map(
    all.flatMap((each) => each.markup.measurements.map(({ trackingUid, author }) => [trackingUid, author] as const)),
  );
  return {
    ...markup,
    measurements: markup.measurements.map((each) => ({ ...each, author: known.get(each.trackingUid) ?? own })),
  };
}

/** jsonb does not preserve the order of keys. */
function isSame(a: Markup, b: Markup): boolean {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1)))
      : value;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}
