/**
 * Character sets of text values, by the defined terms of Specific Character Set (0008,0005).
 *
 * @see DICOM PS3.3 §C.12.1.1.2 (terms), PS3.5 §6.1 (code extension), Annexes H, I, J, K (examples)
 */

import { readsWell, repairText } from "./character-repair.ts";

/**
 * Limit of the bytes per object that are tried in other sets, which costs a hundred times as much as decoding. Real
 * names and texts are shorter. Bytes.
 */
const mostRepaired = 256 << 10;

/** The repairs of one object: which sets were used, and how much may still be tried. */
export class Repairs {
  readonly labels = new Set<string>();
  #left = mostRepaired;

  /** @returns whether a value of so many bytes may be tried. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

/** Whether every character of a decoded value was valid: the replacement character hides what was there. */
export const isReadable = (text: string): boolean => !text.includes("\ufffd");

/** Decodes one whole text value (several separated by backslash). Never throws. */
export type DecodeText = (bytes: Uint8Array) => string;
/** Encodes a text value; characters missing in the set become `?`. */
export type EncodeText = (text: string) => Uint8Array;

const ESC = 0x1b;

/** A set of ISO 2022: its half of the code table, its escape sequence, and a WHATWG decoder. */
type CodedSet = {
  ir: number;
  half: "G0" | "G1";
  sequence: readonly number[];
  /** Bytes of one character. */
  width: 1 | 2;
  label: string;
  /** Converts the value's bytes to those of `label`. */
  prepare: (bytes: Uint8Array) => Uint8Array;
};

const asIs = (bytes: Uint8Array): Uint8Array => bytes;
const setHighBits = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte | 0x80);
/** JIS X 0212 in EUC-JP: each character is prefixed by 8F. */
const asThreeByteEuc = (bytes: Uint8Array): Uint8Array => {
  const euc: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) euc.push(0x8f, (bytes[i] ?? 0) | 0x80, (bytes[i + 1] ?? 0) | 0x80);
  return Uint8Array.from(euc);
};
const g1 = (ir: number, sequence: number[], label: string, width: 1 | 2 = 1): CodedSet => ({
  ir,
  half: "G1",
  sequence,
  width,
  label,
  prepare: asIs,
});

const latin1 = "x-latin1";
const codedSets: readonly CodedSet[] = [
  { ir: 6, half: "G0", sequence: [0x28, 0x42], width: 1, label: latin1, prepare: asIs },
  { ir: 14, half: "G0", sequence: [0x28, 0x4a], width: 1, label: latin1, prepare: asIs },
  { ir: 87, half: "G0", sequence: [0x24, 0x42], width: 2, label: "euc-jp", prepare: setHighBits },
  { ir: 42, half: "G0", sequence: [0x24, 0x40], width: 2, label: "euc-jp", prepare: setHighBits },
  { ir: 159, half: "G0", sequence: [0x24, 0x28, 0x44], width: 2, label: "euc-jp", prepare: asThreeByteEuc },
  g1(13, [0x29, 0x49], "shift_jis"),
  g1(100, [0x2d, 0x41], latin1),
  g1(101, [0x2d, 0x42], "iso-8859-2"),
  g1(109, [0x2d, 0x43], "iso-8859-3"),
  g1(110, [0x2d, 0x44], "iso-8859-4"),
  g1(144, [0x2d, 0x4c], "iso-8859-5"),
  g1(127, [0x2d, 0x47], "iso-8859-6"),
  g1(126, [0x2d, 0x46], "iso-8859-7"),
  g1(138, [0x2d, 0x48], "iso-8859-8"),
  g1(148, [0x2d, 0x4d], "iso-8859-9"),
  g1(203, [0x2d, 0x62], "iso-8859-15"),
  g1(166, [0x2d, 0x54], "windows-874"),
  g1(149, [0x24, 0x29, 0x43], "euc-kr", 2),
  g1(58, [0x24, 0x29, 0x41], "gb18030", 2),
];
const setOf = (ir: number): CodedSet | undefined => codedSets.find((set) => set.ir === ir);
const ascii = codedSets[0] as CodedSet;
const romaji = codedSets[1] as CodedSet;

const decoders = new Map<string, TextDecoder>();
function decodeAs(label: string, bytes: Uint8Array): string {
  if (label === latin1) {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
  let decoder = decoders.get(label);
  if (!decoder) {
    decoder = new TextDecoder(label, { ignoreBOM: true });
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}

/** The meaning of a list of terms: one encoding, or several sets selected by escape sequences. */
type Plan = { whole: "utf-8" | "gb18030" | "gbk" } | { whole: null; declared: boolean; sets: CodedSet[] };

/** Terms as modalities spell them: `ISO_IR 100`, `ISO-IR 100`, `ISO 2022 IR 87`, `ISO2022IR87`, … */
function planFor(terms: readonly string[]): Plan {
  const sets: CodedSet[] = [];
  let declared = false;
  for (const [index, term] of terms.entries()) {
    const name = term.toUpperCase().replace(/[\s_-]/g, "");
    if (name === "ISOIR192" || name === "UTF8" || name === "ISO2022IR192") return { whole: "utf-8" };
    if (name === "GB18030" || name === "ISO2022GB18030") return { whole: "gb18030" };
    if (name === "GBK" || name === "ISO2022GBK") return { whole: "gbk" };
    const ir = /^ISO(?:2022)?IR(\d+)$/.exec(name)?.[1];
    const set = ir ? setOf(Number(ir)) : undefined;
    if (set) declared = true;
    sets.push(set ?? ascii);
    if (index > 16) break;
  }
  return { whole: null, declared, sets: sets.length > 0 ? sets : [ascii] };
}

/**
 * A decoder for text values.
 *
 * Lenient where modalities err: high bytes under the default repertoire are decoded as UTF-8 if valid, else as Latin-1;
 * a declared set without an escape is used for high bytes that no other set claims; an undeclared escape is obeyed;
 * bytes that are invalid in the declared set are decoded with the one set that fits (character-repair.ts).
 *
 * @param terms defined terms of (0008,0005); an empty list or an empty first term is the default repertoire.
 * @param repairs receives the name of the set that was used instead of the declared one.
 */
export function textDecoderFor(terms: readonly string[], repairs?: Repairs): DecodeText {
  const plan = planFor(terms);
  const { whole } = plan;
  if (whole) return (bytes) => repaired(bytes, decodeAs(whole, bytes), whole, true, repairs);
  const { declared, sets } = plan;
  const named = sets.find(({ ir }) => ir !== ascii.ir) ?? ascii;
  const hasG1 = sets.some(({ half }) => half === "G1");
  return (bytes) => {
    const escaped = bytes.includes(ESC);
    const text = declared || escaped ? decodeIso2022(bytes, sets) : decodeUndeclared(bytes);
    if (escaped) return text;
    // Without a set for them, high bytes are decoded as Latin-1.
    return repaired(bytes, text, String(named.ir), !declared || hasG1, repairs);
  };
}

function repaired(
  bytes: Uint8Array,
  text: string,
  declared: string,
  hasHigh: boolean,
  repairs: Repairs | undefined,
): string {
  if (!bytes.some((byte) => byte >= 0x80) || (hasHigh && readsWell(text))) return text;
  if (repairs && !repairs.take(bytes.length)) return text;
  const repair = repairText(bytes, declared);
  if (!repair) return text;
  repairs?.labels.add(repair.label);
  return repair.text;
}

function decodeUndeclared(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeAs(latin1, bytes);
  }
}

/** Line ends, and the delimiters of PS3.5 §6.1.2.5.3: after them the code table is reset. */
function isDelimiter(byte: number): boolean {
  return byte === 0x5c || byte === 0x5e || byte === 0x3d || (byte >= 0x09 && byte <= 0x0d);
}

function decodeIso2022(bytes: Uint8Array, sets: readonly CodedSet[]): string {
  const first = sets[0] ?? ascii;
  const startG0 = first.ir === 13 ? romaji : ascii;
  const startG1 = first.half === "G1" ? first : undefined;
  const fallbackG1 = sets.find((set) => set.half === "G1");
  let g0 = startG0;
  let g1Now = startG1;
  let text = "";
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0;
    if (byte === ESC) {
      const set = codedSets.find(({ sequence }) => sequence.every((code, k) => bytes[i + 1 + k] === code));
      if (!set) {
        i++; // an escape nobody knows: the bytes behind it are shown as they are
        continue;
      }
      if (set.half === "G0") g0 = set;
      else g1Now = set;
      i += 1 + set.sequence.length;
    } else if (byte < 0x80 && g0.width === 2 && byte > 0x20) {
      const end = runEnd(bytes, i, (b) => b > 0x20 && b < 0x80);
      text += decodeAs(g0.label, g0.prepare(bytes.subarray(i, end)));
      i = end;
    } else if (byte < 0x80) {
      text += String.fromCharCode(byte);
      if (isDelimiter(byte)) {
        g0 = startG0;
        // After a delimiter G1 is undefined; writers that do not repeat the escape mean the previous one.
        if (startG1) g1Now = startG1;
      }
      i++;
    } else {
      const set = g1Now ?? fallbackG1;
      const end = runEnd(bytes, i, (b) => b >= 0x80);
      text += decodeAs(set?.label ?? latin1, bytes.subarray(i, end));
      i = end;
    }
  }
  return text;
}

function runEnd(bytes: Uint8Array, start: number, belongs: (byte: number) => boolean): number {
  let end = start;
  while (end < bytes.length && belongs(bytes[end] ?? 0)) end++;
  return end;
}

/**
 * An encoder for text values: the counterpart of {@link textDecoderFor}, for writing.
 *
 * With code extension each character takes the first declared set that has it; escapes are repeated behind
 * every delimiter and the code table is back in its first state at the end (PS3.5 §6.1.2.5.3).
 */
export function textEncoderFor(terms: readonly string[]): EncodeText {
  const plan = planFor(terms);
  if (plan.whole === "utf-8") {
    const encoder = new TextEncoder();
    return (text) => encoder.encode(text);
  }
  if (plan.whole) return (text) => encodeGb(text);
  const { sets } = plan;
  return (text) => encodeIso2022(text, sets);
}

function encodeIso2022(text: string, sets: readonly CodedSet[]): Uint8Array {
  const first = sets[0] ?? ascii;
  const startG0 = first.ir === 13 ? romaji : ascii;
  const startG1 = first.half === "G1" ? first : undefined;
  let g0 = startG0;
  let g1Now = startG1;
  const out: number[] = [];
  const toStartG0 = (): void => {
    if (g0 !== startG0) out.push(ESC, ...startG0.sequence);
    g0 = startG0;
  };
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) {
      toStartG0();
      out.push(code);
      if (isDelimiter(code)) g1Now = startG1;
      continue;
    }
    const set = sets.find((candidate) => reverseTable(candidate).has(code));
    const encoded = set && reverseTable(set).get(code);
    if (!set || !encoded) {
      toStartG0();
      out.push(0x3f);
      continue;
    }
    if (set.half === "G0" && g0 !== set) {
      out.push(ESC, ...set.sequence);
      g0 = set;
    } else if (set.half === "G1" && g1Now !== set) {
      out.push(ESC, ...set.sequence);
      g1Now = set;
    }
    out.push(...encoded);
  }
  toStartG0();
  return Uint8Array.from(out);
}

const reverseTables = new Map<number, Map<number, readonly number[]>>();
/** Unicode → bytes of a set, by decoding every code once. */
function reverseTable(set: CodedSet): Map<number, readonly number[]> {
  const known = reverseTables.get(set.ir);
  if (known) return known;
  const table = new Map<number, readonly number[]>();
  const low = set.half === "G0" ? 0x21 : 0xa1;
  for (let a = low; a <= low + 0x5e; a++) {
    const codes = set.width === 1 ? [[a]] : Array.from({ length: 0x5e }, (_, k) => [a, low + k]);
    for (const bytes of codes) learn(table, decodeAs(set.label, set.prepare(Uint8Array.from(bytes))), bytes);
  }
  reverseTables.set(set.ir, table);
  return table;
}

function learn(table: Map<number, readonly number[]>, text: string, bytes: readonly number[]): void {
  const code = text.codePointAt(0) ?? 0;
  const single = [...text].length === 1;
  if (single && code >= 0x80 && code !== 0xfffd && !table.has(code)) table.set(code, bytes);
}

let gbTable: Map<number, readonly number[]> | undefined;
/** GB 18030; GBK is its two-byte part, so text within GBK is encoded as GBK. */
function encodeGb(text: string): Uint8Array {
  if (!gbTable) {
    gbTable = new Map();
    for (let a = 0x81; a <= 0xfe; a++) {
      for (let b = 0x40; b <= 0xfe; b++)
        if (b !== 0x7f) learn(gbTable, decodeAs("gb18030", Uint8Array.of(a, b)), [a, b]);
    }
  }
  const out: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) out.push(code);
    else out.push(...(gbTable.get(code) ?? fourByteGb(code)));
  }
  return Uint8Array.from(out);
}

let gbFourByte: Map<number, readonly number[]> | undefined;
function fourByteGb(code: number): readonly number[] {
  const spread = (linear: number, lead: number): number[] => [
    lead + Math.floor(linear / 12600),
    0x30 + (Math.floor(linear / 1260) % 10),
    0x81 + (Math.floor(linear / 10) % 126),
    0x30 + (linear % 10),
  ];
  if (code >= 0x10000) return spread(code - 0x10000, 0x90);
  if (!gbFourByte) {
    gbFourByte = new Map();
    for (let linear = 0; linear < 39420; linear++) {
      const bytes = spread(linear, 0x81);
      learn(gbFourByte, decodeAs("gb18030", Uint8Array.from(bytes)), bytes);
    }
  }
  return gbFourByte.get(code) ?? [0x3f];
}
