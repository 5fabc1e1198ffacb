import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { type CaseRow, isHeldBy, isHeldByAnother, isOpen, isSigned, personOf, readTogether } from "../reading/index.ts";
import { authorship } from "./authorship.ts";
import { type DoubleReading, doubleReadingOf, stageOf } from "./double-reading.ts";
import { draftHistory } from "./draft-history.ts";
import { finalisingOf } from "./finalising.ts";
import type { GetReport, KeyImage, Section } from "./inputs.ts";
import { openingSections } from "./opening-sections.ts";
import { scoresOf, waitingPreliminary } from "./over-read.ts";
import { isAnotherAuthors } from "./own-draft.ts";
import { reportPolicy } from "./policy.ts";
import { findReportCase } from "./report-case.ts";
import type { Report } from "./shapes.ts";
import { signedVersions } from "./signed-versions.ts";
import { startingText } from "./starting-text.ts";
import { promptLabels } from "./templates/index.ts";

/**
 * The report of a case: the draft for readers while the case is open, the signed versions for everybody who may read
 * them. Before the first save a reader gets the fitting template as version 0. A colleague's draft is hidden from
 * everybody else while that colleague's claim is running, and always from the hospital; its author always sees it.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function getReport(ctx: Ctx, input: GetReport): Promise<Report> {
  const { actor } = ctx;
  const row = await findReportCase(ctx, input.caseId, "report.read");
  const { caseId } = row;
  const versions = await signedVersions(ctx, row.studyId);
  const double =
    isOpen(row) && reportPolicy.can(actor, "report.read-draft", row) ? await doubleReadingOf(ctx, caseId) : null;
  const blind = double !== null && double.kept.length < 2;
  const working = isOpen(row) && maySeeDraft(ctx, row) ? await workingText(ctx, row, blind) : null;
  await audit(ctx, {
    action: "report.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyId,
    caseId,
    details: { versions: versions.length, draft: working !== null },
  });

  const newest = versions[0];
  const holds = isHeldBy(personOf(actor), row);
  const signed = isSigned(row);
  const mine = holds && !signed && !working?.draft?.anothers;
  const earlier = reportPolicy.can(actor, "report.read-draft", row) ? await draftHistory(ctx, caseId) : [];
  const stage = double && actor.kind === "user" ? stageOf(double, actor.userId) : null;
  const preliminary = double
    ? stage === "compares"
      ? otherOf(double, personOf(actor))
      : null
    : row.state === "preliminary" || holds
      ? await waitingPreliminary(ctx, caseId)
      : null;
  const own = preliminary !== null && preliminary.signedById === personOf(actor);
  const finalising =
    holds && !signed && actor.kind === "user" && reportPolicy.can(actor, "report.sign", row)
      ? await finalisingOf({ ...ctx, actor }, row, double ? otherOf(double, actor.userId) : preliminary)
      : null;
  const alone = own && finalising?.othersMay === false && finalising.bar === null;
  const ownWords = (fromId: string) => actor.kind === "user" && fromId === actor.userId;
  return {
    version: working?.version ?? newest?.version ?? 0,
    sections: working?.sections ?? newest?.sections ?? [],
    state: row.state,
    signed,
    templateId: working?.templateId ?? "",
    language: working?.language ?? newest?.language ?? "",
    keyImages: working?.keyImages ?? newest?.keyImages ?? [],
    prompts: promptLabels,
    draft: working?.draft ?? null,
    earlierDrafts: earlier.filter(({ fromId }) => ownWords(fromId) || (!blind && (signed || working !== null))),
    authorship: working ? ((await authorship(ctx, { caseId, language: working.language }))[0]?.text ?? "") : "",
    opening:
      mine && row.readWithId
        ? await openingSections(ctx, await readTogether(ctx, caseId), working?.language ?? "")
        : [],
    versions,
    preliminary: preliminary && {
      signedBy: preliminary.signedBy,
      signedAt: preliminary.signedAt.toISOString(),
      own,
      alone,
    },
    double: double &&
      stage && {
        stage,
        kept: double.kept.map(({ signedBy, signedAt }) => ({ signedBy, signedAt: signedAt.toISOString() })),
      },
    scores: reportPolicy.can(actor, "report.read-scores", row) ? await scoresOf(ctx, caseId) : [],
    canEdit: mine && stage !== "waits" && stage !== "differs" && reportPolicy.can(actor, "report.save-draft", row),
    finalBar: finalising?.bar ?? null,
    canSign:
      mine && finalising?.bar === null && (!own || alone) && (!stage || stage === "compares" || stage === "decides"),
    canSignPreliminary:
      mine &&
      reportPolicy.can(actor, "report.sign-preliminary", row) &&
      (!stage || stage === "first" || stage === "second"),
    canAddend: signed && reportPolicy.can(actor, "report.addendum", row),
    requiresPassword: true,
  };
}

/** A reading that the caller goes over: of two, the other one. */
const otherOf = ({ kept }: DoubleReading, userId: string | null) =>
  kept.find(({ signedById }) => signedById !== userId) ?? null;

function maySeeDraft({ actor }: Ctx, row: CaseRow): boolean {
  const others = isHeldByAnother(personOf(actor), row);
  const author = actor.kind === "user" && row.draftAuthorId === actor.userId;
  return (author || !others) && reportPolicy.can(actor, "report.read-draft", row);
}

type Working = Pick<Report, "version" | "templateId" | "language" | "draft"> & {
  sections: Section[];
  keyImages: KeyImage[];
};

/** @param blind of two readings that know nothing of each other: a colleague's draft is said to be there, and not shown. */
async function workingText(ctx: Ctx, row: CaseRow, blind: boolean): Promise<Working> {
  const [draft] = await ctx.tx.$queryRaw<
    {
      version: number;
      templateId: string;
      language: string;
      sections: Section[];
      keyImages: KeyImage[];
      updatedAt: Date;
      authorId: string | null;
      authorName: string | null;
    }[]
  >`
    SELECT version, template_id AS "templateId", language, sections, key_images AS "keyImages", updated_at AS "updatedAt", author_id AS "authorId",
      staff_name(author_id) AS "authorName"
    FROM report_draft WHERE case_id = ${row.caseId}::uuid`;
  if (draft) {
    const { updatedAt, authorId, authorName, ...text } = draft;
    const anothers = ctx.actor.kind === "user" && isAnotherAuthors(draft, ctx.actor.userId);
    const shown = blind && anothers ? { ...(await startingText(ctx, row)), version: text.version } : text;
    return { ...shown, draft: { savedAt: updatedAt.toISOString(), savedBy: authorName ?? "", anothers } };
  }
  return { version: 0, ...(await startingText(ctx, row)), draft: null };
}
