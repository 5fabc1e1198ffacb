import type { SeriesFacts } from "@overread/shared/hanging/facts";
import type { Ctx } from "#server/context.ts";
import { regionsOf } from "./body-regions.ts";
import { hangingFactsOf } from "./hanging-facts.ts";
import type { OpenedStudy } from "./shapes.ts";
import { seriesOf } from "./study-series.ts";

/** A study as the viewer hangs it: its series with what hanging protocols ask of them, and the body regions that it shows. */
type Hangable = Pick<OpenedStudy, "series" | "regions">;

/**
 * Reads several studies for the viewer at once. Asks no policy.
 *
 * @returns each by its id and Study Description, which may name the body part that its objects do not.
 */
export async function hangableStudies(
  ctx: Pick<Ctx, "tx">,
  studyIds: string[],
): Promise<(studyId: string, description: string) => Hangable> {
  const series = await seriesOf(ctx, studyIds);
  const facts = await hangingFactsOf(ctx, studyIds);
  return (studyId, description) => {
    const { bySeries, bodyParts } = facts.get(studyId) ?? { bySeries: new Map<string, SeriesFacts>(), bodyParts: [] };
    return {
      regions: regionsOf(bodyParts, description),
      series: (series.get(studyId) ?? []).map((each) => {
        const known = bySeries.get(each.seriesInstanceUid);
        return known ? { ...each, facts: known } : each;
      }),
    };
  };
}
