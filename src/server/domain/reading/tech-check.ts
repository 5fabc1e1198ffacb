import { DomainError } from "@overread/shared/errors";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import type { SiteDocument } from "@overread/shared/site-documents";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import type { TechCheckKind } from "#server/db/generated/enums.ts";
import { audit } from "../audit/index.ts";
import { mayAccessStudy } from "../image-access.ts";
import type { OrderOfStudy } from "../ordering/index.ts";
import { isFinished } from "./case-conditions.ts";
import { messagesOf } from "./case-messages.ts";
import { type CaseRow, toWorklistItem } from "./case-rows.ts";
import { findCase, ordersOf } from "./get-case.ts";
import { OfCase } from "./inputs.ts";
import { announceCase } from "./move-case.ts";
import type { CaseMessage, SeriesSummary, SiteNotes, WorklistItem } from "./shapes.ts";
import { siteNotesOf } from "./site-notes.ts";
import { seriesOf } from "./study-series.ts";

export const SaveHistory = OfCase.extend({
  /** Empty: what was said is taken back. */
  text: z.string().overwrite(removeHiddenCharacters).trim().max(4000).default(""),
});
export type SaveHistory = z.output<typeof SaveHistory>;

/** Of one case: more than belongs to any, and little enough that nobody fills the archive by them. */
const mostDocuments = 50;

/** Everything that the page of the check shows of one case. */
type OpenedCheck = {
  item: WorklistItem;
  /** Null: the caller opens no images. */
  images: { dicomwebRoot: string; series: SeriesSummary[] } | null;
  notes: SiteNotes;
  orders: OrderOfStudy[];
  messages: CaseMessage[];
};

/** A case as its technologist checks it. @throws {DomainError} `case.not-found`, `auth.forbidden` */
export async function openCheck(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<OpenedCheck> {
  const row = await findCase(ctx, caseId, "case.tech-check");
  const mayOpen = mayAccessStudy(ctx.actor, "study.read", row);
  const series = mayOpen ? await seriesOf(ctx, [row.studyId]) : new Map<string, SeriesSummary[]>();
  await audit(ctx, { ...subjectOf(row), action: "case.read" });
  return {
    item: toWorklistItem(ctx.actor, row),
    images: mayOpen ? { dicomwebRoot: `/dicomweb/${row.orgSlug}`, series: series.get(row.studyId) ?? [] } : null,
    notes: await siteNotesOf(ctx, caseId),
    orders: await ordersOf(ctx, row),
    messages: await messagesOf(ctx, caseId),
  };
}

/**
 * The technologist has looked at the study and added what there is: whoever reads it sees by whom and when. It may be read before.
 * @throws {DomainError} `case.illegal-move` (signed, cancelled, or somebody has said so already), `case.not-found`, `auth.forbidden`
 */
export async function completeCheck(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<void> {
  const row = await openCase(ctx, caseId);
  const done = await ctx.tx.$executeRaw`
    UPDATE reading_case SET tech_checked_at = clock_timestamp(), tech_checked_by_id = ${ctx.actor.userId}::uuid
    WHERE id = ${caseId}::uuid AND tech_checked_at IS NULL`;
  if (done === 0) throw new DomainError("case.illegal-move", { details: { from: "checked", to: "checked" } });
  await note(ctx, row, { kind: "complete" });
}

/** Takes it back. @throws {DomainError} `case.illegal-move` (signed, cancelled, or not complete), `case.not-found`, `auth.forbidden` */
export async function undoCheck(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<void> {
  const row = await openCase(ctx, caseId);
  const undone = await ctx.tx.$executeRaw`
    UPDATE reading_case SET tech_checked_at = NULL, tech_checked_by_id = NULL WHERE id = ${caseId}::uuid AND tech_checked_at IS NOT NULL`;
  if (undone === 0) throw new DomainError("case.illegal-move", { details: { from: "unchecked", to: "unchecked" } });
  await note(ctx, row, { kind: "undone" });
}

/**
 * The history and clinical information as the site gives it beside its orders: it stands in preview, reading page and at the beginning of a
 * report that is begun from then on. What was said before stays on file.
 * @throws {DomainError} `case.illegal-move` (signed or cancelled), `case.not-found`, `auth.forbidden`
 */
export async function saveHistory(ctx: Ctx<UserActor>, { caseId, text }: SaveHistory): Promise<void> {
  const row = await openCase(ctx, caseId);
  const before = await siteNotesOf(ctx, caseId);
  if ((before.history?.text ?? "") === text) return;
  await note(ctx, row, { kind: "history", text });
}

/**
 * The study that a document of the site is added to.
 * @throws {DomainError} `case.illegal-move` (signed or cancelled), `case.not-found`, `auth.forbidden`, `document.refused` (too many)
 */
export async function studyForDocument(ctx: Ctx<UserActor>, { caseId }: OfCase) {
  const { studyId, studyInstanceUid, facilityId, facilityTimeZone } = await openCase(ctx, caseId);
  if ((await ctx.tx.techCheckEntry.count({ where: { caseId, kind: "document" } })) >= mostDocuments)
    throw new DomainError("document.refused", { details: { reason: "too-many" } });
  return { studyId, studyInstanceUid, facilityId, timeZone: facilityTimeZone ?? "UTC" };
}

/** Records that a document is in the archive, and by whom it was added. @throws as {@link studyForDocument} */
export async function noteDocument(
  ctx: Ctx<UserActor>,
  { caseId, instanceId, document }: OfCase & { instanceId: string; document: SiteDocument },
): Promise<void> {
  const row = await findCase(ctx, caseId, "case.tech-check");
  // Of two that were sent at once the second finds the first's entry.
  await ctx.tx.$queryRaw`SELECT 1 FROM reading_case WHERE id = ${caseId}::uuid FOR UPDATE`;
  const known = await ctx.tx.techCheckEntry.findFirst({ where: { caseId, instanceId }, select: { id: true } });
  if (!known) await note(ctx, row, { kind: "document", text: document, instanceId });
}

async function openCase(ctx: Ctx<UserActor>, caseId: string): Promise<CaseRow> {
  const row = await findCase(ctx, caseId, "case.tech-check");
  if (isFinished(row)) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "checked" } });
  return row;
}

const subjectOf = ({ caseId, orgId, studyId, patientRef }: CaseRow) => ({
  orgId,
  patientRef,
  studyRef: studyId,
  caseId,
});

async function note(
  ctx: Ctx<UserActor>,
  row: CaseRow,
  { kind, text = "", instanceId = null }: { kind: TechCheckKind; text?: string; instanceId?: string | null },
): Promise<void> {
  const { caseId, orgId, readerOrgId, studyId } = row;
  await ctx.tx.techCheckEntry.create({
    data: { caseId, orgId, readerOrgId, kind, text, instanceId, byId: ctx.actor.userId },
    select: { id: true },
  });
  await audit(ctx, {
    ...subjectOf(row),
    action: "case.tech-check",
    details: { act: kind, ...(instanceId ? { instanceId } : {}) },
  });
  await announceCase(ctx, { caseId, orgId, readerOrgId, studyRef: studyId });
}
