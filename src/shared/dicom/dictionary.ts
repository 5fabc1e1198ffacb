import { dictionaryTable } from "./dictionary-table.ts";
import { concreteVr } from "./vr.ts";

/** A registry entry: `vr` is final except `xs` (US or SS) and `ox` (OB or OW). */
export type DictionaryEntry = { readonly tag: string; readonly vr: string; readonly keyword: string };

const byTag = new Map<string, DictionaryEntry>();
const byKeyword = new Map<string, DictionaryEntry>();

function load(): void {
  let group = "";
  for (const word of dictionaryTable.split(/\s+/)) {
    const colon = word.indexOf(":");
    if (colon > 0) group = word.slice(0, colon);
    const rest = colon > 0 ? word.slice(colon + 1) : word;
    if (rest.length < 7) continue;
    const entry = { tag: group + rest.slice(0, 4), vr: rest.slice(4, 6), keyword: rest.slice(6) };
    byTag.set(entry.tag, entry);
    byKeyword.set(entry.keyword, entry);
  }
}

/**
 * Looks up an element of the standard by tag.
 *
 * @param tag eight hex digits in capitals, e.g. `"00100010"`. Curves and overlays of any group
 *   (5002, 6004, …) are found under their first group (PS3.5 §7.6).
 */
export function dictionaryByTag(tag: string): DictionaryEntry | undefined {
  if (byTag.size === 0) load();
  const found = byTag.get(tag);
  if (found) return found;
  const group = tag.slice(0, 2);
  if ((group === "50" || group === "60") && tag.charCodeAt(3) % 2 === 0) return byTag.get(`${group}00${tag.slice(4)}`);
  return undefined;
}

/** Looks up an element of the standard by keyword, e.g. `"PatientName"` (PS3.6 §6). */
export function dictionaryByKeyword(keyword: string): DictionaryEntry | undefined {
  if (byKeyword.size === 0) load();
  return byKeyword.get(keyword);
}

/**
 * The VR of an element in implicit VR (PS3.5 Annex A, §6.2.2).
 *
 * @param signed Pixel Representation of the data set, or of the enclosing one.
 * @returns `UN` for what the registry does not know.
 */
export function implicitVr(tag: string, group: number, element: number, signed: boolean): string {
  if (element === 0) return "UL";
  // Private creators are always LO (PS3.5 §7.8.1); private elements have no known VR.
  if (group % 2 === 1) return element >= 0x10 && element <= 0xff ? "LO" : "UN";
  return concreteVr(dictionaryByTag(tag)?.vr ?? "UN", signed);
}

/**
 * The tag for a keyword or a tag.
 *
 * @param name `"PatientName"`, `"00100010"` or `"0010,0010"`.
 * @returns eight hex digits in capitals.
 * @throws {TypeError} for an unknown keyword: that is a mistake in our code, not in the data.
 */
export function tagOf(name: string): string {
  if (/^[0-9A-Fa-f]{8}$/.test(name)) return name.toUpperCase();
  const found = dictionaryByKeyword(name);
  if (found) return found.tag;
  if (/^\(?[0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)?$/.test(name)) return name.replace(/[(),]/g, "").toUpperCase();
  throw new TypeError(`unknown DICOM keyword: ${name}`);
}
