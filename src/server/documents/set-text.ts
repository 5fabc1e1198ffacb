import bidiFactory from "bidi-js";
import { type Face, markedCharacter, type Weight } from "./typefaces.ts";
import { tabColumns } from "./wording.ts";

const bidi = bidiFactory();

export type TextStyle = { size: number; weight: Weight; color: string };
/** A piece of a line in one face and direction. `text` is in logical order. Points. */
type Run = { face: Face; text: string; width: number };
type Direction = "ltr" | "rtl";
/** A line ready to draw, its runs from left to right, `indent` from its starting edge. Points. */
export type Line = { runs: Run[]; width: number; direction: Direction; indent: number };

type FaceOf = (character: string, weight: Weight) => Face | null;

/** The direction of a text: that of its first strong character (UAX #9 P2). */
function directionOf(text: string): Direction {
  return bidi.getEmbeddingLevels(text).paragraphs[0]?.level === 1 ? "rtl" : "ltr";
}

/**
 * Prepares text for setting: composed (NFC), one kind of space, no controls; what no face can draw is replaced by its
 * code point, so that a reader sees that a character is missing, and which.
 */
function drawable(text: string, faceOf: FaceOf): string {
  let result = "";
  for (const character of text.normalize("NFC")) {
    const codePoint = character.codePointAt(0) as number;
    if (character === "\n") result += "\n";
    else if (character === "\t") result += " ".repeat(tabColumns);
    else if (/\s/u.test(character)) result += " ";
    else if (/[\u200C\u200D]/.test(character) && faceOf(character, "regular")) result += character;
    // Direction overrides could make a text read differently from what is stored; controls and lone surrogates draw
    // nothing.
    else if (/[\p{Cc}\p{Cf}\p{Cs}]|\p{Variation_Selector}/u.test(character)) continue;
    else if (faceOf(character, "regular")) result += character;
    else result += `[U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}]`;
  }
  return result;
}

/**
 * Breaks a text into lines of at most `width` points and orders each for display (UAX #9).
 *
 * @param text several paragraphs by `\n`; an empty paragraph is an empty line.
 */
export function breakLines(text: string, width: number, style: TextStyle, faceOf: FaceOf): Line[] {
  return drawable(text, faceOf)
    .split("\n")
    .flatMap((paragraph) => {
      const words = paragraph.trim();
      const columns = words === "" ? 0 : paragraph.length - paragraph.trimStart().length;
      // However deep the indent, half of the width is left for text.
      const indent = Math.min(columns * style.size * columnWidth, width / 2);
      const hang = Math.min(indent + hangOf(words, style, faceOf), width / 2);
      return breakParagraph(words, width - hang, style, faceOf).map((line, at) => ({
        ...line,
        indent: at === 0 ? indent : hang,
      }));
    });
}

/** A leading space is half an em wide: indents in steps of two spaces are visible, and copied as such. */
const columnWidth = 0.5;

/** Where continuation lines begin, after the indent: behind the bullet or number of a list item. */
function hangOf(words: string, style: TextStyle, faceOf: FaceOf): number {
  const marker = /^(?:[-–—*•·‣◦▪▫■□●○☐☑☒✓✔→>]|\(?\p{N}{1,3}[.)]|\(?\p{L}[.)])\s+/u.exec(words)?.[0];
  return marker ? orderLine(marker, "ltr", style, faceOf).width : 0;
}

/** One line, however long. */
export function oneLine(text: string, style: TextStyle, faceOf: FaceOf): Line {
  const clean = drawable(text.replace(/\s+/g, " "), faceOf).trim();
  return orderLine(clean, directionOf(clean), style, faceOf);
}

function breakParagraph(paragraph: string, width: number, style: TextStyle, faceOf: FaceOf): Line[] {
  const direction = directionOf(paragraph);
  // Words are measured one by one and cached: kerning between them is negligible.
  const known = new Map<string, number>();
  const widthOf = (text: string): number => {
    let measured = known.get(text);
    if (measured === undefined) {
      measured = orderLine(text, "ltr", style, faceOf).width;
      known.set(text, measured);
    }
    return measured;
  };
  const lines: string[] = [];
  let line = "";
  let used = 0;
  const place = (text: string): boolean => {
    if (used + widthOf(text.trimEnd()) > width) return false;
    line += text;
    used += widthOf(text);
    return true;
  };
  const finish = () => {
    if (line) lines.push(line);
    line = "";
    used = 0;
  };
  for (const piece of breakablePieces(paragraph)) {
    if (place(piece)) continue;
    finish();
    if (place(piece)) continue;
    // A word longer than a line is broken between letters.
    for (const { segment } of graphemes.segment(piece)) {
      if (place(segment)) continue;
      finish();
      place(segment);
    }
  }
  lines.push(line);
  return lines.map((text) => orderLine(text.trimEnd(), direction, style, faceOf));
}

const words = new Intl.Segmenter("en", { granularity: "word" });
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Scripts written without spaces, where a line may end between words, or between any two characters. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Must not begin a line (JIS X 4051, and closing punctuation anywhere). */
const clings = /^[\p{Pe}\p{Pf}\p{Po}ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々]/u;

/** Pieces inside which a line may not be broken; joined together they are the text. */
function breakablePieces(text: string): string[] {
  const pieces: string[] = [];
  for (const { segment } of words.segment(text)) {
    const previous = pieces.at(-1);
    const mayBreak =
      previous === undefined ||
      (!/^\s/.test(segment) &&
        (/[\s-]$/.test(previous) ||
          (!clings.test(segment) &&
            !/[\p{Ps}\p{Pi}]$/u.test(previous) &&
            (unspaced.test(segment) || unspaced.test(previous.slice(-1))))));
    if (mayBreak) pieces.push(segment);
    else pieces[pieces.length - 1] = previous + segment;
  }
  return pieces;
}

/** Splits a line into runs of one face and direction, from left to right (UAX #9 L1–L4). */
function orderLine(text: string, direction: Direction, style: TextStyle, faceOf: FaceOf): Line {
  const line: Line = { runs: [], width: 0, direction, indent: 0 };
  if (text === "") return line;
  const embedding = bidi.getEmbeddingLevels(text, direction);
  const order = bidi.getReorderedIndices(text, embedding);
  const faces = facesAlong(text, style.weight, faceOf);
  for (let at = 0; at < order.length; ) {
    const first = order[at] as number;
    const level = embedding.levels[first] as number;
    const step = level % 2 === 1 ? -1 : 1;
    let end = at + 1;
    while (
      end < order.length &&
      order[end] === (order[end - 1] as number) + step &&
      embedding.levels[order[end] as number] === level &&
      faces[order[end] as number] === faces[first]
    )
      end++;
    const last = order[end - 1] as number;
    const logical = text.slice(Math.min(first, last), Math.max(first, last) + 1);
    const face = faces[first];
    if (face) {
      const run = step === -1 ? rightToLeft(logical) : logical;
      const width = face.advance(run) * style.size;
      line.runs.push({ face, text: run, width });
      line.width += width;
    }
    at = end;
  }
  return line;
}

/** The shaper reverses runs of a right-to-left script; runs of neutral characters are reversed here. */
function rightToLeft(text: string): string {
  const mirrored = [...text].map((c) => bidi.getMirroredCharacter(c) ?? c);
  return /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(text) ? mirrored.join("") : mirrored.reverse().join("");
}

/** The face of every UTF-16 unit. Marks, spaces and punctuation stay in their neighbour's face when it has them. */
function facesAlong(text: string, weight: Weight, faceOf: FaceOf): (Face | null)[] {
  const faces: (Face | null)[] = [];
  let previous: Face | null = null as Face | null;
  for (const [marked] of text.matchAll(markedCharacter)) {
    // A letter and its combining marks are drawn by one face, if one has them all (the dotted V of V̇/Q̇).
    const together = [...marked].length > 1 ? faceOf(marked, weight) : null;
    for (const character of marked) {
      const keeps: boolean | undefined =
        !/\p{L}|\p{N}/u.test(character) && previous?.font.hasGlyphForCodePoint(character.codePointAt(0) as number);
      const face: Face | null = together ?? (keeps ? previous : faceOf(character, weight));
      for (let unit = 0; unit < character.length; unit++) faces.push(face);
      previous = face;
    }
  }
  return faces;
}
