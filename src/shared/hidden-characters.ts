/**
 * Invisible characters that change how a text looks or where it ends: controls except tab, line feed and carriage
 * return, and those that reverse the direction of the surrounding text (Unicode TR9 §2: embeddings, overrides,
 * isolates). Marks that only set a neighbour's direction (U+200E, U+200F, U+061C) are common in Hebrew and Arabic and
 * are allowed.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Whether a text holds such a character, or half of one (a lone surrogate), which no document and no database can keep. */
export function hasHiddenCharacters(text: string): boolean {
  return hidden.test(text) || !text.isWellFormed();
}

/**
 * The text as it reads without them. Form feed, vertical tab and next line, which end a line, become line feeds. Half a character, as
 * programs leave it for a moment that type it in two steps, becomes U+FFFD.
 */
export function removeHiddenCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  const lines = text.toWellFormed().replace(/[\u000b\u000c\u0085]/g, "\n");
  return lines.replace(new RegExp(hidden, "g"), "");
}

/** No input of ours is nested deeper; one that is, is built to exhaust whoever walks it. */
const deepest = 50;

/** Whether any text in a request's input does, keys included, or whether it is nested too deep for anybody to say. */
export function inputHasHiddenCharacters(input: unknown, depth = 0): boolean {
  if (typeof input === "string") return hasHiddenCharacters(input);
  if (input === null || typeof input !== "object") return false;
  if (depth === deepest) return true;
  return Object.entries(input).some(
    ([key, value]) => hasHiddenCharacters(key) || inputHasHiddenCharacters(value, depth + 1),
  );
}
