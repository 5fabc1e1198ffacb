/** Longest AE title, and the width of its field in an association (PS3.5 §6.2, PS3.8 Table 9-11). Characters. */
export const longestAeTitle = 16;

/**
 * An AE title as it counts: spaces around it are padding (PS3.5 §6.2, AE).
 *
 * @param text as typed, or a field of an association, where some writers pad with NUL.
 */
export const trimAeTitle = (text: string): string => text.replace(/^[ \0]+|[ \0]+$/g, "");

/**
 * Whether a trimmed text is an AE title: 1 to 16 characters of the default repertoire, no backslash, no control character.
 *
 * @see DICOM PS3.5 §6.2 (AE)
 */
export const isAeTitle = (title: string): boolean =>
  title.length <= longestAeTitle && /^[\x20-\x5b\x5d-\x7e]+$/.test(title) && title.trim() === title;
