/**
 * Characters that change what a text looks like or where it ends without being seen: controls but tab, line feed and carriage
 * return, and what reverses the direction of the words around it (Unicode TR9 §2: embeddings, overrides, isolates). Marks that
 * only say which way a neighbour reads (U+200E, U+200F, U+061C) are everyday in Hebrew and Arabic and stay.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Whether a text holds such a character. */
export function hasHiddenCharacters(text: string): boolean {
  return hidden.test(text);
}

/** The text as it reads without them. Form feed, vertical tab and next line, which end a line, become line feeds. */
export function removeHiddenCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  const lines = text.replace(/[\u000b\u000c\u0085]/g, "\n");
  return lines.replace(new RegExp(hidden, "g"), "");
}

/** Whether any text in a request's input does, keys included. */
export function inputHasHiddenCharacters(input: unknown): boolean {
  if (typeof input === "string") return hasHiddenCharacters(input);
  if (Array.isArray(input)) return input.some(inputHasHiddenCharacters);
  if (input === null || typeof input !== "object") return false;
  return Object.entries(input).some(([key, value]) => hasHiddenCharacters(key) || inputHasHiddenCharacters(value));
}
