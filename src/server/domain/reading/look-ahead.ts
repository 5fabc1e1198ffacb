import type { Ctx, UserActor } from "#server/context.ts";
import { mayAccessStudy } from "../image-access.ts";
import { priorsOf, readCaseRow } from "./get-case.ts";
import { hangableStudies } from "./hangable-studies.ts";
import { nextCase } from "./next-case.ts";
import type { OpenedPrior, OpenedStudy } from "./shapes.ts";

/** Where the images of a case lie and what its screen is laid out by, as `OpenedCase` says it of one that is opened. */
export type AheadOfReader = {
  current: OpenedStudy;
  /** The hospital's own priors that hang by themselves, most relevant first: with them another protocol may fit, and another picture come first. */
  priors: Pick<OpenedPrior, keyof OpenedStudy>[];
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
  // What is read with it is no earlier study; what is lent is open to the claim alone.
  const together = new Set((row.readWith ?? []).map(({ studyId }) => studyId));
  const priors = (await priorsOf(ctx, row)).filter(
    ({ studyId, identity, accepted, lentBy }) =>
      (identity === "agrees" || accepted) && !lentBy && !together.has(studyId),
  );
  const hangable = await hangableStudies(ctx, [row.studyId, ...priors.map(({ studyId }) => studyId)]);
  const address = ({ orgSlug, studyInstanceUid }: { orgSlug: string; studyInstanceUid: string }) => ({
    orgSlug,
    studyInstanceUid,
    dicomwebRoot: `/dicomweb/${orgSlug}`,
  });
  return {
    current: { ...address(row), ...hangable(row.studyId, row.studyDescription) },
    priors: priors.map((prior) => ({ ...address(prior), ...hangable(prior.studyId, prior.studyDescription) })),
  };
}
