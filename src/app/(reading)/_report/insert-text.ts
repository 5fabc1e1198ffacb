/** Inserts text at the cursor, adding spaces where needed. */
export function insertAt(text: string, start: number, end: number, words: string): { text: string; cursor: number } {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const lead = before === "" || /[\s([]$/.test(before) ? "" : " ";
  const tail = after === "" || /^[\s.,;:)\]]/.test(after) ? "" : " ";
  return { text: `${before}${lead}${words}${tail}${after}`, cursor: before.length + lead.length + words.length };
}

/**
 * The text after a measurement has changed: its old value is replaced where it stands. Null when the reader has edited
 * it: then it stays as it is.
 */
export function replaceText(text: string, old: string, words: string): string | null {
  const at = text.lastIndexOf(old);
  return at < 0 ? null : `${text.slice(0, at)}${words}${text.slice(at + old.length)}`;
}
