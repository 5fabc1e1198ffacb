import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import { doubtsOf, type IdentityFacts, identityColumns } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of a section that the product puts before the reader's. */
export const patientInDoubtKey = "patient-identity";

/**
 * The section that states that the patient's identity was in doubt at the signature. It precedes the reader's sections,
 * so that page, PDF and structured report show it, and it stays when the doubt is cleared later. None where nothing was
 * in doubt.
 *
 * @param caseIds all that the report is of.
 * @param of the addendum that is signed; omitted: the report itself.
 */
export async function patientInDoubt(
  { tx }: Pick<Ctx, "tx">,
  { caseIds, language }: { caseIds: readonly string[]; language: string },
  of?: `addendum-${number}`,
): Promise<Section[]> {
  const facts = await tx.$queryRaw<IdentityFacts[]>`
    SELECT ${identityColumns} FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ANY(${caseIds as string[]}::uuid[]) ORDER BY c.id`;
  const { identity } = reportWords(language);
  const doubts = new Map(facts.flatMap(doubtsOf).map((doubt) => [JSON.stringify(doubt), doubt]));
  const text = identity.whenSigned([...doubts.values()]);
  return text ? [{ key: of ? `identity-${of}` : patientInDoubtKey, title: identity.title, text }] : [];
}
