import { type BulkLookup, bytes, number, numbers, type PixelAttributes } from "./attributes.ts";
import type { Overlay, Picture, PixelDescription } from "./description.ts";

/** Sixteen planes at most, in even groups (PS3.5 §7.6). */
const groups = Array.from({ length: 16 }, (_, i) => `60${(i * 2).toString(16).padStart(2, "0").toUpperCase()}`);
/** Above this grey a white mark would not be seen. */
const bright = 224;

/** Tags of the planes' data. */
export function overlayTags(attributes: PixelAttributes): string[] {
  return groups.map((group) => `${group}3000`).filter((tag) => attributes[tag] !== undefined);
}

/** The overlays that belong to a frame (PS3.3 §C.9.2), as planes of their own or in spare bits of the pixels. */
export function overlaysOf(attributes: PixelAttributes, frame: number, bulk: BulkLookup): Overlay[] {
  return groups.flatMap((group) => overlayOf(attributes, group, frame, bulk) ?? []);
}

function overlayOf(attributes: PixelAttributes, group: string, frame: number, bulk: BulkLookup): Overlay | undefined {
  const rows = number(attributes, `${group}0010`) ?? 0;
  const columns = number(attributes, `${group}0011`) ?? 0;
  if (rows < 1 || columns < 1) return undefined;
  const [top = 1, left = 1] = numbers(attributes, `${group}0050`);
  const count = number(attributes, `${group}0015`);
  const first = number(attributes, `${group}0051`) ?? 1;
  // Without a number of frames one plane lies over all of them.
  const index = count === undefined ? 0 : frame - first;
  if (index < 0 || (count !== undefined && index >= count)) return undefined;
  const place = { rows, columns, top: top - 1, left: left - 1 };
  const plane = bytes(attributes, `${group}3000`, bulk);
  const startBit = index * rows * columns;
  if (plane)
    return (startBit + rows * columns) / 8 <= plane.length ? { ...place, plane, startBit, cellBit: 0 } : undefined;
  const cellBit = number(attributes, `${group}0102`);
  const allocated = number(attributes, `${group}0100`) ?? 1;
  if (attributes[`${group}3000`] || cellBit === undefined || allocated <= 1) return undefined;
  return { ...place, plane: null, startBit: 0, cellBit };
}

/**
 * Draws overlays into a picture: white, and black where the image is nearly white itself.
 *
 * @param cells the frame's pixel cells as they were stored, for overlays that stand in their spare bits.
 */
export function drawOverlays(picture: Picture, description: PixelDescription, cells: Uint8Array): void {
  for (const overlay of description.overlays) {
    const isSet = overlay.plane ? inPlane(overlay, overlay.plane) : inCells(overlay, description, cells);
    for (let y = 0; y < overlay.rows; y++)
      for (let x = 0; x < overlay.columns; x++) {
        const row = overlay.top + y;
        const column = overlay.left + x;
        if (row < 0 || column < 0 || row >= picture.height || column >= picture.width) continue;
        if (isSet(y * overlay.columns + x, row * picture.width + column)) mark(picture, row * picture.width + column);
      }
  }
}

type IsSet = (inOverlay: number, inImage: number) => boolean;

function inPlane({ startBit }: Overlay, plane: Uint8Array): IsSet {
  return (index) => {
    const bit = startBit + index;
    return (((plane[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
  };
}

function inCells({ cellBit }: Overlay, { bitsAllocated }: PixelDescription, cells: Uint8Array): IsSet {
  const size = bitsAllocated >> 3;
  if (size < 1 || cellBit >= bitsAllocated) return () => false;
  return (_, index) => (((cells[index * size + (cellBit >> 3)] ?? 0) >> (cellBit & 7)) & 1) === 1;
}

function mark({ channels, data }: Picture, pixel: number): void {
  const at = pixel * channels;
  const value = (data[at + (channels === 3 ? 1 : 0)] as number) > bright ? 0 : 255;
  data.fill(value, at, at + channels);
}
