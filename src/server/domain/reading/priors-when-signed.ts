import type { Ctx } from "#server/context.ts";
import { acquiredModalities } from "./case-rows.ts";

/** An earlier study that was available. `date`: DA as in the images (YYYYMMDD), empty when they have none. */
export type PriorWhenSigned = {
  studyId: string;
  studyInstanceUid: string;
  date: string;
  description: string;
  modalities: string[];
};

/** The most priors that a report names. */
const most = 6;

/**
 * The earlier studies that were available when a version was signed, most relevant first: of the same patient, or
 * accepted as such by a reader of this case before that moment.
 *
 * @param at when it was signed.
 */
export async function priorsWhenSigned(
  { tx }: Pick<Ctx, "tx">,
  { caseId, at }: { caseId: string; at: Date },
): Promise<PriorWhenSigned[]> {
  return tx.$queryRaw<PriorWhenSigned[]>`
    SELECT s.id AS "studyId", s.study_instance_uid AS "studyInstanceUid", s.study_date AS date, s.study_description AS description,
      ${acquiredModalities} AS modalities
    FROM case_prior p JOIN study s ON s.id = p.study_ref
    WHERE p.case_id = ${caseId}::uuid AND (p.identity = 'agrees' OR p.accepted_at <= ${at}) AND s.first_received_at <= ${at}
    ORDER BY p.relevance DESC, s.study_date DESC, s.id LIMIT ${most}`;
}
