import { emptyMarkup, type Markup } from "@overread/shared/measurements/markup";
import { imageOf } from "@overread/shared/measurements/measurement";
import type { Ctx, UserActor } from "#server/context.ts";
import type { ReadTogether } from "../reading/index.ts";
import { markupsOf } from "./get-markup.ts";
import { imagesToMark } from "./images-to-mark.ts";

/**
 * What the signer has drawn on images of the studies that he signs, and how he looked at those: his own and what he took
 * over. What lies on an earlier study stays with the case, and what lies on an image that was set aside is not signed.
 */
export async function markupToSign(
  ctx: Ctx<UserActor>,
  caseId: string,
  together: readonly Pick<ReadTogether, "studyInstanceUid">[],
): Promise<Markup> {
  const own = (await markupsOf(ctx, caseId)).find(({ authorId }) => authorId === ctx.actor.userId);
  const { measurements, presentations } = own?.markup ?? emptyMarkup;
  const images = [...measurements.map(imageOf), ...presentations.map(({ image }) => image)];
  const known = await imagesToMark(
    ctx,
    caseId,
    images.map(({ sopInstanceUid }) => sopInstanceUid),
  );
  const isOfReport = ({ sopInstanceUid, studyInstanceUid }: (typeof images)[number]) =>
    known.get(sopInstanceUid)?.available === true &&
    together.some((each) => each.studyInstanceUid === studyInstanceUid);
  return {
    measurements: measurements.filter((each) => isOfReport(imageOf(each))),
    presentations: presentations.filter(({ image }) => isOfReport(image)),
  };
}
