import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { create, type Font, type Glyph } from "fontkit";
import wawoff2 from "wawoff2";
import { encodeOutline } from "./glyph-outline.ts";

/**
 * The typefaces of our documents: Noto Sans for all scripts of names and reports, from the npm packages of Fontsource.
 * Each package is a variable font split into files by Unicode range; only the files a report needs are opened, and only
 * used glyphs are embedded. These files omit signs that reports often contain (the low 2 of SpO₂, 10⁹, ⅓, ☐), so DejaVu
 * Sans, which is complete, is the fallback.
 */
const weights = { regular: 400, semibold: 600, bold: 700 } as const;
export type Weight = keyof typeof weights;

/** Han characters have different shapes in the three languages that share their code points. */
type HanLanguage = "ja" | "zh" | "ko";

const western = ["noto-sans", "noto-sans-math", "noto-sans-hebrew", "noto-sans-arabic", "noto-sans-thai"] as const;
const han = {
  ja: ["noto-sans-jp", "noto-sans-sc", "noto-sans-kr"],
  zh: ["noto-sans-sc", "noto-sans-jp", "noto-sans-kr"],
  ko: ["noto-sans-kr", "noto-sans-jp", "noto-sans-sc"],
} as const;
/** Complete files, one per weight. */
const whole = { regular: "DejaVuSans", semibold: "DejaVuSans-Bold", bold: "DejaVuSans-Bold" } as const;
type Family = (typeof western)[number] | (typeof han)["ja"][number] | "dejavu-sans";

/** One file of a family. */
type Slice = { family: Family; name: string; ranges: [number, number][] };

/** A font at one weight, ready for measuring and embedding. Lengths in font units. */
export type Face = {
  key: string;
  font: Font;
  /** Width of a run at size 1, shaped as a whole. */
  advance(text: string): number;
};

/** The language of a text's Han characters: kana and hangul decide, otherwise Chinese. */
export function hanLanguageOf(text: string): HanLanguage {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "ja";
  if (/\p{Script=Hangul}/u.test(text)) return "ko";
  return "zh";
}

/** The unit set in one face: a character with its combining marks. */
export const markedCharacter = /\P{M}\p{M}*|\p{M}+/gu;

/**
 * The faces for a text: looks up every character once, so that setting the text needs no waiting.
 *
 * @returns a function from a character, with its marks as in the text, and a weight to the face that has glyphs for all
 * of it; `null` when none has.
 */
export async function facesFor(
  text: string,
  language: HanLanguage,
): Promise<(character: string, weight: Weight) => Face | null> {
  const families: Family[] = [...western, ...han[language], "dejavu-sans"];
  const slices = await Promise.all(families.map(slicesOf)).then((lists) => lists.flat());
  const found = new Map<string, Slice | null>();
  for (const character of new Set([...text, ...(text.match(markedCharacter) ?? [])])) {
    let slice: Slice | null = null;
    for (const candidate of slices) {
      if (!(await draws(candidate, character))) continue;
      slice = candidate;
      break;
    }
    found.set(character, slice);
  }
  const opened = new Map<string, Font>();
  for (const slice of new Set(found.values()))
    for (const weight of Object.keys(weights) as Weight[])
      if (slice) opened.set(keyOf(slice, weight), await fontOf(slice, weight));
  return (character, weight) => {
    const slice = found.get(character);
    if (!slice) return null;
    const key = keyOf(slice, weight);
    let face = faces.get(key);
    if (!face) {
      face = faceOf(key, atWeight(opened.get(key) as Font, weight, key));
      faces.set(key, face);
    }
    return face;
  };
}

/** The list of ranges comes from the style sheet; the font's own character map decides. */
async function draws(slice: Slice, character: string): Promise<boolean> {
  const codePoints = Array.from(character, (c) => c.codePointAt(0) as number);
  const [base] = codePoints;
  if (!slice.ranges.some(([from, to]) => base !== undefined && from <= base && base <= to)) return false;
  const font = await fontOf(slice, "regular");
  return codePoints.every((codePoint) => font.hasGlyphForCodePoint(codePoint));
}

const keyOf = (slice: Slice, weight: Weight) => `${slice.family}-${slice.name}-${weight}`;

/** Shaping is expensive and reports repeat words: widths are cached up to this number. */
const maxCachedWidths = 5_000;

function faceOf(key: string, font: Font): Face {
  const widths = new Map<string, number>();
  return {
    key,
    font,
    advance(text) {
      let width = widths.get(text);
      if (width === undefined) {
        width = font.layout(text, []).advanceWidth / font.unitsPerEm;
        if (widths.size >= maxCachedWidths) widths.clear();
        widths.set(text, width);
      }
      return width;
    },
  };
}

/** Shared by all reports: a face only grows by the outlines it has drawn. */
const faces = new Map<string, Face>();
const indexes = new Map<Family, Promise<Slice[]>>();
function slicesOf(family: Family): Promise<Slice[]> {
  let index = indexes.get(family);
  if (!index) {
    index = readIndex(family);
    indexes.set(family, index);
    index.catch(() => indexes.delete(family));
  }
  return index;
}

async function readIndex(family: Family): Promise<Slice[]> {
  // Its style sheet offers the Latin letters too; we use its signs, and leave letters to the text faces.
  if (family === "noto-sans-math") return [{ family, name: "latin", ranges: [[0x2000, 0x2bff]] }];
  // Last, for whatever no other has.
  if (family === "dejavu-sans") return [{ family, name: "whole", ranges: [[0x20, 0x1ffff]] }];
  const json = await readFile(fileOf(family, "unicode.json"), "utf8");
  return Object.entries(JSON.parse(json) as Record<string, string>).map(([name, ranges]) => ({
    family,
    name: name.replace(/[[\]]/g, ""),
    ranges: ranges.split(",").map((range) => {
      const [from = "0", to = from] = range.trim().replace(/^U\+/i, "").split("-");
      return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    }),
  }));
}

const fonts = new Map<string, Promise<Font>>();
function fontOf(slice: Slice, weight: Weight): Promise<Font> {
  const file =
    slice.family === "dejavu-sans"
      ? fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${whole[weight]}.ttf`))
      : fileOf(slice.family, `files/${slice.family}-${slice.name}-${cut(slice.family)}-normal.woff2`);
  let font = fonts.get(file);
  if (!font) {
    font = readFile(file)
      .then((bytes) => (file.endsWith(".woff2") ? wawoff2.decompress(bytes) : bytes))
      .then((bytes) => create(Buffer.from(bytes)));
    fonts.set(file, font);
    font.catch(() => fonts.delete(file));
  }
  return font;
}

/** Mathematical signs exist at one weight only. */
const cut = (family: Family) => (family === "noto-sans-math" ? "400" : "wght");

function fileOf(family: Family, name: string): string {
  const scope = family === "noto-sans-math" ? "@fontsource" : "@fontsource-variable";
  return fileURLToPath(import.meta.resolve(`${scope}/${family}/${name}`));
}

function atWeight(variable: Font, weight: Weight, key: string): Font {
  const font: Font = variable.variationAxes.wght
    ? variable.getVariation({ wght: weights[weight] })
    : Object.create(variable);
  // The name distinguishes faces in the PDF; the font's own is the same at every weight and in every file.
  Object.defineProperty(font, "postscriptName", {
    value: key.replace(/(^|-)(\w)/g, (_, __, c: string) => c.toUpperCase()),
  });
  const letters = distinguishLetters(font);
  const createSubset = font.createSubset.bind(font);
  font.createSubset = () => {
    const subset = createSubset();
    subset._addGlyph = (id) => {
      const glyph = letters.glyphOf(id);
      const outline = encodeOutline(glyph.path);
      subset.glyf.push(outline);
      subset.loca.offsets.push(subset.offset);
      subset.hmtx.metrics.push({ advance: Math.round(glyph.advanceWidth), bearing: bearingOf(outline) });
      subset.offset += outline.length;
      return subset.glyf.length - 1;
    };
    return subset;
  };
  return font;
}

/**
 * Arabic letters share shapes and differ in dots, which are separate glyphs. A PDF maps each glyph to one text, so
 * copying and searching would find whichever letter came first. Here each use of a shape for another letter gets a
 * glyph id of its own, above the 65,536 that a font can have.
 */
function distinguishLetters(font: Font): { glyphOf(id: number): Glyph } {
  const getGlyph = font.getGlyph.bind(font);
  const variants = new Map<number, Map<string, Glyph>>();
  const glyphOf = (id: number) => getGlyph(id % 0x10000);
  font.getGlyph = (id, codePoints = []) => {
    const glyph = glyphOf(id);
    if (codePoints.length === 0) return glyph;
    const uses = variants.get(id) ?? new Map<string, Glyph>();
    variants.set(id, uses);
    const letters = codePoints.join();
    const known = uses.get(letters);
    if (known) return known;
    const use: Glyph = Object.create(glyph, {
      id: { value: id + 0x10000 * uses.size },
      codePoints: { value: codePoints },
    });
    uses.set(letters, use);
    return use;
  };
  return { glyphOf };
}

/** Left side bearing is where the ink begins: xMin of the outline as written. */
function bearingOf(outline: Buffer): number {
  return outline.length === 0 ? 0 : outline.readInt16BE(2);
}
