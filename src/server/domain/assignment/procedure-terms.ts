/**
 * Training by procedure. A lead names procedures by their code or by a word of their description; a snapshot holds no free text, so of what a case's
 * order and study say it is told only which of those names stand in it.
 */

/** Letters and digits of any script, in lower case, one space between words. */
const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * Makes ready to ask many cases which of these names they bear.
 *
 * @param names codes or words, as leads wrote them. @returns of a case the names that are its procedure's code, or stand as whole words in one of
 * its descriptions, in one order for all.
 */
export function namedProcedures(
  names: Iterable<string>,
): (said: { procedureCode: string | null; descriptions: readonly string[] }) => string[] {
  const asked = [...new Set(names)].sort().map((name) => ({ name, words: plain(name) }));
  return ({ procedureCode, descriptions }) => {
    if (asked.length === 0) return [];
    const code = procedureCode === null ? null : plain(procedureCode);
    const texts = descriptions.map((each) => ` ${plain(each)} `);
    return asked
      .filter(({ words }) => words !== "" && (words === code || texts.some((text) => text.includes(` ${words} `))))
      .map(({ name }) => name);
  };
}

/** Every name by which one of these readers is trained. */
export const trainedNames = (
  readers: readonly { subspecialties: readonly { procedures: readonly string[] }[] }[],
): string[] => readers.flatMap(({ subspecialties }) => subspecialties.flatMap(({ procedures }) => [...procedures]));
