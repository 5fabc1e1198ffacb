import type { Ctx, UserActor } from "#server/context.ts";
import { mayAccessStudy } from "../image-access.ts";
import { readCaseRow } from "./get-case.ts";
import { nextCase } from "./next-case.ts";
import { seriesOf } from "./open-study.ts";
import type { SeriesSummary } from "./shapes.ts";

/** Where the images of a case lie, as `OpenedCase` says it of one that is opened. */
export type AheadOfReader = {
  orgSlug: string;
  studyInstanceUid: string;
  dicomwebRoot: string;
  series: SeriesSummary[];
};

/**
 * What the caller's browser may fetch while he reads something else: the images of the case that he would get next. Nothing is claimed, opened or kept for
 * him by this; whoever takes the case first has it. The fetching itself is in the trail, as such. Null: nothing is in line, or its images are not open to
 * him; also where the rules let nobody choose, as what is drawn is nobody's before.
 */
export async function lookAhead(ctx: Ctx<UserActor>): Promise<AheadOfReader | null> {
  const next = await nextCase(ctx);
  const row = next && (await readCaseRow(ctx, next.caseId));
  if (!row || !mayAccessStudy(ctx.actor, "study.read", row)) return null;
  const { orgSlug, studyInstanceUid, studyId } = row;
  const series = (await seriesOf(ctx, [studyId])).get(studyId) ?? [];
  return { orgSlug, studyInstanceUid, dicomwebRoot: `/dicomweb/${orgSlug}`, series };
}
