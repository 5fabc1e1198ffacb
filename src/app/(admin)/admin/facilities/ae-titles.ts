import { isAeTitle, trimAeTitle } from "@overread/shared/dicom/ae-title";

/**
 * AE titles as typed, separated by commas.
 *
 * @param any whether `*` (everybody) is allowed
 */
export function listOfAeTitles(text: string, { any = false } = {}): { titles: string[]; problem: string | null } {
  const titles = [...new Set(text.split(",").map(trimAeTitle).filter(Boolean))];
  const wrong = titles.find((title) => (title === "*" ? !any : !isAeTitle(title)));
  return {
    titles,
    problem: wrong ? `“${wrong}” is no AE title: at most 16 plain characters, no backslash.` : null,
  };
}
