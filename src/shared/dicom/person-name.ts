/** A name in its writings, each in caret form, as `personNameOf` gives it. */
export type PersonNameGroups = { alphabetic?: string; ideographic?: string; phonetic?: string };

/**
 * A name for people to read: `DOE, Jane A. (MD)`, the ideographic writing behind it where there is one.
 *
 * @param name groups, or the text of a PN value (`"Yamada^Tarou=山田^太郎"`).
 * @see DICOM PS3.5 §6.2.1
 */
export function formatPersonName(_name: PersonNameGroups | string | undefined): string {
  throw new Error("not yet");
}

/** A key for finding a name: family and given names without case, accents and punctuation, parts by one space. */
export function normalisePersonName(_name: PersonNameGroups | string | undefined): string {
  throw new Error("not yet");
}
