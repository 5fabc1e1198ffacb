/** Puts words into a text where the cursor is, with the spaces a person would type. */
export function insertAt(text: string, start: number, end: number, words: string): { text: string; cursor: number } {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const lead = before === "" || /[\s([]$/.test(before) ? "" : " ";
  const tail = after === "" || /^[\s.,;:)\]]/.test(after) ? "" : " ";
  return { text: `${before}${lead}${words}${tail}${after}`, cursor: before.length + lead.length + words.length };
}

/**
 * The text after a measurement was drawn anew: its words are replaced where they stand. Null when somebody has
 * rewritten them: then they are the reader's own and stay as they are.
 */
export function replaceWords(text: string, old: string, words: string): string | null {
  const at = text.lastIndexOf(old);
  return at < 0 ? null : `${text.slice(0, at)}${words}${text.slice(at + old.length)}`;
}
