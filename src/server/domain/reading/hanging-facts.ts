import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { type SeriesFacts, seriesFacts } from "@overread/shared/hanging/facts";
import { isProjection, pictureModalities } from "@overread/shared/hanging/pictures";
import type { Ctx } from "#server/context.ts";

/** Pictures of one series of radiographs that are looked at: more are no examination's views. */
const viewsAtMost = 16;
/** Pictures, loops and runs of one series: as many as the grids hold. More are paged as a stack. */
const picturesAtMost = 48;
const views = [...pictureModalities].filter(isProjection);
const pictures = [...pictureModalities].filter((each) => !isProjection(each));
/** Of headers that are longer, which hold functional groups of many frames, only the first frame's are read. */
const headerAtMost = 200_000;
/** Headers that are longer still are not read for this. */
const enhancedAtMost = 8_000_000;
/** JSON that `jsonb` refuses: a null character, half a surrogate pair. */
const noJsonb = String.raw`\\u(0000|d[89a-f])`;
const perFrame = `{${Tag.PerFrameFunctionalGroupsSequence},Value}`;

type Row = {
  studyId: string;
  seriesInstanceUid: string;
  modality: string;
  description: string;
  bodyPart: string;
  /** As stored; of no image where all are too long. */
  headers: string[];
};

/** What hanging protocols ask of the series of several studies, by Series Instance UID, and the body parts that they name. */
export type HangingFacts = { bySeries: Map<string, SeriesFacts>; bodyParts: string[] };

/** Reads the facts of every series with images out of its stored objects: one of a stack, of radiographs each. By study. */
export async function hangingFactsOf(
  { tx }: Pick<Ctx, "tx">,
  studyIds: readonly string[],
): Promise<Map<string, HangingFacts>> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT r.study_ref AS "studyId", r.series_instance_uid AS "seriesInstanceUid", r.modality, r.series_description AS description,
      r.body_part_examined AS "bodyPart", coalesce(h.headers, '{}') AS headers
    FROM series r
    LEFT JOIN LATERAL (
      SELECT array_agg(o.metadata ORDER BY o.instance_number NULLS LAST, o.sop_instance_uid)
        FILTER (WHERE o.metadata IS NOT NULL) AS headers FROM (
        SELECT i.instance_number, i.sop_instance_uid, CASE WHEN octet_length(i.metadata) <= ${headerAtMost}::int THEN i.metadata
          WHEN i.metadata !~* ${noJsonb} THEN jsonb_set(i.metadata::jsonb, ${perFrame}::text[], jsonb_build_array((i.metadata::jsonb #> ${perFrame}::text[]) -> 0), false)::text
        END AS metadata FROM instance i
        WHERE i.series_ref = r.id AND i.status = 'stored' AND i.frame_index IS NOT NULL AND octet_length(i.metadata) <= ${enhancedAtMost}::int
        ORDER BY i.instance_number NULLS LAST, i.sop_instance_uid
        LIMIT CASE WHEN r.modality = ANY(${views}::text[]) THEN ${viewsAtMost}::int
          WHEN r.modality = ANY(${pictures}::text[]) THEN ${picturesAtMost}::int ELSE 1 END
      ) o
    ) h ON true
    WHERE r.study_ref = ANY(${[...studyIds]}::uuid[]) AND r.number_of_instances > 0`;
  const byStudy = new Map<string, HangingFacts>(studyIds.map((id) => [id, { bySeries: new Map(), bodyParts: [] }]));
  for (const { studyId, seriesInstanceUid, bodyPart, headers, ...series } of rows) {
    const facts = byStudy.get(studyId);
    if (!facts) continue;
    facts.bySeries.set(seriesInstanceUid, seriesFacts(series, headers.map(parsed)));
    if (bodyPart) facts.bodyParts.push(bodyPart);
  }
  return byStudy;
}

const parsed = (header: string): Attributes => JSON.parse(header) as Attributes;
