import type { Frame } from "./frame.ts";
import { cross, dot, type Vec3 } from "./vectors.ts";

const parallel = 0.999;

/**
 * Warnings a reader needs before trusting positions: gaps, uneven spacing, a tilted gantry. Empty for images that are
 * no stack of slices.
 */
export function geometryWarnings(frames: readonly Frame[]): string[] {
  if (frames.length < 3 || frames.some((frame) => frame.alongNormal === null)) return [];
  const normals = frames.map(normalOf);
  const first = normals[0];
  if (!first || normals.some((normal) => !normal || Math.abs(dot(normal, first)) < parallel)) return [];
  const along = frames.map((frame) => frame.alongNormal ?? 0);
  const steps = along.slice(1).map((value, index) => Math.abs(value - (along[index] ?? 0)));
  const usual = median(steps);
  // Several images at one position (phases, b-values, echoes): spacing has no meaning then.
  if (usual < 0.01) return [];
  const warnings = [...gapWarnings(steps, usual, frames)];
  const tilt = tiltDegrees(frames, first);
  if (tilt > 0.5) warnings.push(`Gantry tilt ${tilt.toFixed(0)}°`);
  return warnings;
}

/**
 * Gaps that are too wide, the widest first. The number of missing slices is given only when most gaps agree on the
 * spacing and slices are at least that thick; in short, uneven series the number would be a guess.
 */
function gapWarnings(steps: readonly number[], usual: number, frames: readonly Frame[]): string[] {
  const gaps = steps.filter((step) => step > usual * 1.5);
  const uneven = steps.some((step) => Math.abs(step - usual) > usual * 0.1);
  if (gaps.length === 0) return uneven ? ["Uneven slice spacing"] : [];
  const widest = Math.max(...gaps);
  const agree = steps.filter((step) => Math.abs(step - usual) <= usual * 0.1).length > steps.length / 2;
  const thickness = frames[0]?.sliceThickness ?? usual;
  const lost = agree && thickness > usual * 0.5 ? Math.round(widest / usual) - 1 : 0;
  const place = `${widest.toFixed(1)} mm gap after image ${steps.indexOf(widest) + 1}${lost > 0 ? `: ${lost} missing` : ""}`;
  return [gaps.length > 1 ? `${place}, and ${gaps.length - 1} more` : place];
}

/** Angle in degrees between the slice normal and the line from the first slice to the last. */
function tiltDegrees(frames: readonly Frame[], normal: Vec3): number {
  const a = frames[0]?.position;
  const b = frames.at(-1)?.position;
  if (!a || !b) return 0;
  const way: Vec3 = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const length = Math.hypot(...way);
  if (length < 1) return 0;
  return (Math.acos(Math.min(1, Math.abs(dot(way, normal)) / length)) * 180) / Math.PI;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function normalOf(frame: Frame): Vec3 | null {
  return frame.rowDirection && frame.columnDirection ? cross(frame.rowDirection, frame.columnDirection) : null;
}

/** How two series are linked while scrolling. */
export type Link =
  /**
   * `partner position = position + offsetMm`, along the common normal. `ownMm` of it came by itself: the rest is what the reader moved one side by.
   */
  | { by: "position"; offsetMm: number; ownMm: number }
  /** `partner index = index + offset`: what the reader moved one side by. */
  | { by: "index"; offset: number };

/**
 * Links two series at the slices shown now.
 *
 * In one frame of reference the same coordinate is the same place. A prior has its own origin: the slices shown side by
 * side when linking are taken as the same place, and further slices follow by distance.
 *
 * @param asTheyStand the reader has offset the two; the offset is kept, also within one frame of reference.
 */
export function linkAt(
  one: readonly Frame[],
  oneIndex: number,
  two: readonly Frame[],
  twoIndex: number,
  asTheyStand = false,
): Link {
  const a = one[oneIndex];
  const b = two[twoIndex];
  const normalA = a ? normalOf(a) : null;
  const normalB = b ? normalOf(b) : null;
  if (!a || !b || !normalA || !normalB || dot(normalA, normalB) < parallel || !isStack(one) || !isStack(two))
    return { by: "index", offset: asTheyStand ? twoIndex - oneIndex : 0 };
  const apart = (b.alongNormal ?? 0) - (a.alongNormal ?? 0);
  const ownMm = a.frameOfReferenceUid === b.frameOfReferenceUid ? 0 : apart;
  return { by: "position", offsetMm: asTheyStand ? apart : ownMm, ownMm };
}

/** By how much the reader has moved the second of two linked series along the first. */
export function movedBy(link: Link): { amount: number; unit: "mm" | "images" } {
  return link.by === "position"
    ? { amount: link.offsetMm - link.ownMm, unit: "mm" }
    : { amount: link.offset, unit: "images" };
}

/** The link as it was before the reader moved one side. */
export const unmoved = (link: Link): Link =>
  link.by === "position" ? { ...link, offsetMm: link.ownMm } : { ...link, offset: 0 };

function isStack(frames: readonly Frame[]): boolean {
  if (frames.length < 2) return false;
  const first = frames[0]?.alongNormal;
  const last = frames.at(-1)?.alongNormal;
  return first !== null && first !== undefined && last !== null && last !== undefined && Math.abs(first - last) > 0.5;
}

/**
 * The index at which a series opens to match `shown`: by coordinate when the ranges overlap (table positions of two
 * visits are a fair guess), else at the same fraction of the stack.
 */
export function matchingIndex(shown: readonly Frame[], shownIndex: number, other: readonly Frame[]): number {
  if (other.length === 0) return 0;
  const here = shown[shownIndex];
  if (here && here.alongNormal !== null && isStack(shown) && isStack(other)) {
    const normalHere = normalOf(here);
    const normalThere = other[0] ? normalOf(other[0]) : null;
    const range = other.map((frame) => frame.alongNormal ?? 0);
    const low = Math.min(...range);
    const high = Math.max(...range);
    if (normalHere && normalThere && dot(normalHere, normalThere) > parallel)
      if (here.alongNormal >= low && here.alongNormal <= high) return nearestIndex(other, here.alongNormal);
  }
  if (shown.length < 2) return middleIndex(other.length);
  return Math.round((shownIndex / (shown.length - 1)) * (other.length - 1));
}

/** Stacks open in the middle, where the organ is. */
export function middleIndex(length: number): number {
  return Math.floor(length / 2);
}

/** The partner's index for a slice, or null when the partner has no slice nearby. */
export function linkedIndex(
  link: Link,
  frames: readonly Frame[],
  index: number,
  partner: readonly Frame[],
  fromPartner: boolean,
): number | null {
  if (partner.length === 0) return null;
  if (link.by === "index") {
    const wanted = fromPartner ? index - link.offset : index + link.offset;
    return Math.max(0, Math.min(wanted, partner.length - 1));
  }
  const along = frames[index]?.alongNormal;
  if (along === null || along === undefined) return null;
  return nearestIndex(partner, fromPartner ? along - link.offsetMm : along + link.offsetMm);
}

/** Index of the image nearest to a position along the normal, mm. */
export function nearestIndex(frames: readonly Frame[], along: number): number {
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, frame] of frames.entries()) {
    const away = Math.abs((frame.alongNormal ?? Number.POSITIVE_INFINITY) - along);
    if (away < distance) {
      distance = away;
      best = index;
    }
  }
  return best;
}

/**
 * Orientation letters for the right and lower edge of the screen, and for their opposites.
 *
 * @param right, @param down directions of the screen in patient coordinates (x to the left, y to the back, z to the
 * head).
 * @see DICOM PS3.3 §C.7.6.1.1.1
 */
export function orientationLetters(right: Vec3, down: Vec3): Letters {
  const r = letters(right);
  const d = letters(down);
  return { right: r, left: opposite(r), bottom: d, top: opposite(d) };
}

export type Letters = { left: string; right: string; top: string; bottom: string };

function letters(direction: Vec3): string {
  const axes: [number, string][] = [
    [direction[0], direction[0] > 0 ? "L" : "R"],
    [direction[1], direction[1] > 0 ? "P" : "A"],
    [direction[2], direction[2] > 0 ? "H" : "F"],
  ];
  // The second letter is shown only when the tilt is large enough to be visible.
  return axes
    .map(([amount, letter]): [number, string] => [Math.abs(amount), letter])
    .filter(([amount]) => amount > 0.25)
    .sort(([a], [b]) => b - a)
    .slice(0, 2)
    .map(([, letter]) => letter)
    .join("");
}

/** `"AR"` → `"PL"`. Letters that are no direction are dropped. */
function opposite(value: string): string {
  const pairs: Record<string, string> = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };
  return [...value].map((letter) => pairs[letter] ?? "").join("");
}

/**
 * Orientation letters of an image that has Patient Orientation (0020,0020) only.
 *
 * @param rowEnd, @param columnEnd the attribute's values for the right and lower edge as stored.
 * @param right, @param down directions of the screen in pixel axes (`[1, 0]` = along a row).
 */
export function lettersFromPatientOrientation(
  rowEnd: string,
  columnEnd: string,
  right: [number, number],
  down: [number, number],
): Letters {
  const edge = ([x, y]: [number, number]) =>
    Math.abs(x) >= Math.abs(y) ? (x > 0 ? rowEnd : opposite(rowEnd)) : y > 0 ? columnEnd : opposite(columnEnd);
  const r = edge(right);
  const d = edge(down);
  return { right: r, left: opposite(r), bottom: d, top: opposite(d) };
}
