/**
 * Decodes text whose bytes are invalid in the declared character set with another set, where that set is certain.
 *
 * A patient's name with replacement characters identifies nobody; a wrongly guessed one may identify somebody else. So
 * another set is used only when strict decoding with the declared one has failed and exactly one of the sets that such
 * writers actually use gives plausible text. The stored bytes are unchanged.
 */

export type Repair = { text: string; label: string };

const strictDecoders = new Map<string, TextDecoder>();
/** The text if all bytes are valid in this encoding; null otherwise. */
function strictly(label: string, bytes: Uint8Array): string | null {
  let decoder = strictDecoders.get(label);
  if (!decoder) {
    decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
    strictDecoders.set(label, decoder);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * C1 control characters occur only in wrongly decoded text; private use characters have no meaning between two systems.
 */
const notText = /[\u0080-\u009f\ufffd\p{Co}\p{Cn}]/u;
/** Whether decoded text is acceptable. */
export const readsWell = (text: string): boolean => !notText.test(text);

/** East Asian characters do not occur between Latin letters: one there is a wrongly decoded pair of bytes. */
const besideLatin =
  /[A-Za-z\u00c0-\u024f][\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}][a-z]/u;

/** Whether every character beyond ASCII is one of these, and at least one occurs. */
function onlyOf(letters: RegExp, signs: RegExp, text: string): boolean {
  let some = false;
  for (const char of text) {
    if (char <= "\u007f") continue;
    if (letters.test(char)) some = true;
    else if (!signs.test(char)) return false;
  }
  return some && !besideLatin.test(text);
}

/**
 * Middle dot, ideographic space, full-width brackets, repetition and length marks: characters beside letters in names
 * and descriptions.
 */
const eastAsianSigns = /[\u00b7\u3000-\u3002\u3005\u3006\u300c\u300d\u30fb\u30fc\uff01-\uff5e]/u;
const han = /\p{Script=Han}/u;
const kanaOrHan = /[\p{Script=Han}\u3041-\u3096\u30a1-\u30fa]/u;
const hangul = /[\uac00-\ud7a3]/u;
const halfWidthKana = /[\uff61-\uff9f]/u;

/**
 * Two-byte characters of GB 2312, level 1 and 2: the bulk of Chinese text. Others are allowed for less than half of a
 * value.
 */
function mostlyGb2312(bytes: Uint8Array): boolean {
  let [common, all] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const [lead = 0, trail = 0] = [bytes[i], bytes[i + 1]];
    if (lead < 0x80) continue;
    all++;
    if (lead >= 0xb0 && lead <= 0xf7 && trail >= 0xa1) common++;
    i += trail >= 0x30 && trail <= 0x39 ? 3 : 1;
  }
  return common * 2 > all;
}

/** Letters of a script with the quotes, dashes and signs of its Windows code page, each in a plausible position. */
function reads(script: RegExp, text: string): boolean {
  const chars = [...text];
  let some = false;
  for (const [i, char] of chars.entries()) {
    if (char <= "\u007f") continue;
    const [before = " ", after = " "] = [chars[i - 1], chars[i + 1]];
    const letterAround = /\p{L}/u.test(before) || /\p{L}/u.test(after);
    if (script.test(char) && letterAround) some = true;
    else if (/[\u2018\u2019]/u.test(char) && /\p{L}/u.test(after)) some = true;
    else if (/[\u201c\u201e\u2039\u00ab]/u.test(char) && !/\p{L}/u.test(before)) some = true;
    else if (/[\u201d\u203a\u00bb\u2026\u2122]/u.test(char) && !/\p{L}/u.test(after)) some = true;
    else if (/[\u2013\u2014\u20ac\u00a0\u00b0\u00b5\u00b7\u00df]/u.test(char)) some = true;
    else return false;
  }
  return some;
}

const latinLetter = /[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]/u;
const latinPages: Record<string, RegExp> = {
  "windows-1252": latinLetter,
  "windows-1250": latinLetter,
  "windows-1257": latinLetter,
  "windows-1253": /\p{Script=Greek}/u,
  "windows-1251": /\p{Script=Cyrillic}/u,
  "windows-1255": /\p{Script=Hebrew}/u,
  "windows-1256": /\p{Script=Arabic}/u,
};

/**
 * A two-byte set gives letters for almost any pair of bytes, so Western text is recognised by its pattern: a letter
 * beyond ASCII stands alone, or as one of two, beside ASCII letters.
 */
function westernShape(bytes: Uint8Array): boolean {
  let run = 0;
  for (const byte of [...bytes, 0x20]) {
    if (byte >= 0x80) run++;
    else {
      if (run > 2) return false;
      run = 0;
    }
  }
  return true;
}

const accepts: Record<string, (text: string, bytes: Uint8Array) => boolean> = {
  "utf-8": (text) => /\P{ASCII}/u.test(text) && readsWell(text),
  gb18030: (text, bytes) => onlyOf(han, eastAsianSigns, text) && mostlyGb2312(bytes),
  shift_jis: (text) => onlyOf(kanaOrHan, new RegExp(`${eastAsianSigns.source}|${halfWidthKana.source}`, "u"), text),
  "euc-jp": (text) => onlyOf(kanaOrHan, eastAsianSigns, text),
  "euc-kr": (text) => onlyOf(hangul, eastAsianSigns, text),
  // No DICOM term names it, so nothing is decoded with it; but text that could be in it is ambiguous. Level 1 only.
  big5: (text, bytes) => onlyOf(han, eastAsianSigns, text) && onlyLevel1(bytes),
  ...Object.fromEntries(
    Object.entries(latinPages).map(([label, script]) => [
      label,
      (text: string, bytes: Uint8Array) =>
        readsWell(text) && reads(script, text) && (script !== latinLetter || westernShape(bytes)),
    ]),
  ),
};

/** Whether every two-byte character of Big5 is of its level 1. */
function onlyLevel1(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) continue;
    if (lead < 0xa4 || lead > 0xc6) return false;
    i++;
  }
  return true;
}

/** Never declared; it only makes other candidates ambiguous. */
const vetoes = new Set(["big5"]);
const eastAsian = ["gb18030", "shift_jis", "euc-kr", "big5"];

/** The sets actually used under a wrong declaration, by the ISO-IR number of the declared set, or its own name. */
const likely: Record<string, string[]> = {
  "utf-8": [...eastAsian, "windows-1252"],
  gb18030: ["utf-8", "windows-1252"],
  gbk: ["utf-8", "windows-1252"],
  "6": ["windows-1252", "shift_jis"],
  "13": ["utf-8", "shift_jis", "windows-1252"],
  "87": ["utf-8", "shift_jis", "euc-jp"],
  "159": ["utf-8", "shift_jis", "euc-jp"],
  "58": ["utf-8", "gb18030"],
  "149": ["utf-8", "windows-1252"],
  "100": ["utf-8", "windows-1252", "shift_jis"],
  "203": ["utf-8", "windows-1252", "shift_jis"],
  "101": ["utf-8", "windows-1250"],
  "109": ["utf-8", "windows-1252"],
  "110": ["utf-8", "windows-1257"],
  "126": ["utf-8", "windows-1253"],
  "127": ["utf-8", "windows-1256"],
  "138": ["utf-8", "windows-1255"],
  "144": ["utf-8", "windows-1251"],
  "148": ["utf-8"],
  "166": ["utf-8"],
};

/**
 * UTF-8 that was cut in the middle of a character, or contains more valid characters than invalid bytes: damaged, not
 * another set.
 */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const bad = [...lenient].filter((char) => char === "\ufffd").length;
  const long = [...lenient].filter((char) => char > "\u07ff" && char !== "\ufffd").length;
  const cutAtEnd = bad === 1 && lenient.trimEnd().endsWith("\ufffd") && /[\u0080-\ufffc]/u.test(lenient);
  return cutAtEnd || long > bad;
}

/**
 * Decodes a value that is invalid in the declared set.
 *
 * @param bytes of the whole value. @param declared ISO-IR number of the first declared set that is not ASCII, or
 * `utf-8`, `gb18030`, `gbk`.
 * @returns the text and the name of its set; null when no set, or more than one, fits.
 */
export function repairText(bytes: Uint8Array, declared: string): Repair | null {
  const labels = likely[declared] ?? [];
  if (declared === "utf-8" && isDamagedUtf8(bytes)) return null;
  const found: Repair[] = [];
  for (const label of labels) {
    const text = strictly(label, bytes);
    if (text === null || !accepts[label]?.(text, bytes)) continue;
    // Text in another set is never valid UTF-8 by chance.
    if (label === "utf-8") return { text, label };
    found.push({ text, label });
  }
  const [only] = found;
  return found.length === 1 && only && !vetoes.has(only.label) ? only : null;
}
