import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import { doubtsOf, type IdentityFacts, identityColumns } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of the section that the product itself puts before the reader's. */
export const patientInDoubtKey = "patient-identity";

/**
 * What a report says of its patient's identity where that was in doubt at the signature: a section of its own before the reader's, so
 * that page, PDF and structured report say it, and it stays although the doubt is cleared later. None where nothing was in doubt.
 *
 * @param language of the report, in which it is said.
 * @param of the addendum that is signed; left out, the report itself.
 */
export async function patientInDoubt(
  { tx }: Pick<Ctx, "tx">,
  { caseId, language }: { caseId: string; language: string },
  of?: `addendum-${number}`,
): Promise<Section[]> {
  const [facts] = await tx.$queryRaw<IdentityFacts[]>`
    SELECT ${identityColumns} FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ${caseId}::uuid`;
  const { identity } = reportWords(language);
  const text = facts ? identity.whenSigned(doubtsOf(facts)) : "";
  return text ? [{ key: of ? `identity-${of}` : patientInDoubtKey, title: identity.title, text }] : [];
}
