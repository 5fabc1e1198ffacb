/**
 * AE titles as typed, separated by commas. PS3.5 §6.2 (AE): at most 16 characters of the default repertoire, no backslash.
 *
 * @param any whether `*` (everybody) is allowed
 */
export function listOfAeTitles(text: string, { any = false } = {}): { titles: string[]; problem: string | null } {
  const titles = [
    ...new Set(
      text
        .split(",")
        .map((title) => title.trim())
        .filter(Boolean),
    ),
  ];
  const wrong = titles.find((title) => {
    if (title === "*") return !any;
    return title.length > 16 || !/^[\x20-\x7e]+$/.test(title) || title.includes("\\");
  });
  return {
    titles,
    problem: wrong ? `“${wrong}” is no AE title: at most 16 plain characters, no backslash.` : null,
  };
}
