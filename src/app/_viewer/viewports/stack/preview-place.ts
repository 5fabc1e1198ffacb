import type { Frame } from "../../frame.ts";
import type { Fit } from "../../session/fit.ts";

type Sized = Pick<Frame, "rows" | "columns" | "size">;
type Point = readonly [x: number, y: number];
/** As a canvas takes it: x = a·column + c·row + e, y = b·column + d·row + f. Screen pixels, and pixels of the whole frame. */
export type Place = { a: number; b: number; c: number; d: number; e: number; f: number };

/** Where a picture stands that nobody has moved: whole and in the middle, or as `fit` says (`camera.ts`). */
export function openingPlace(
  { rows, columns, size }: Sized,
  box: { width: number; height: number },
  fit: Fit | null,
): Place {
  const [across, down] = [columns * size.column, rows * size.row];
  const room = fit?.room ?? { width: across, height: down };
  const perUnit = Math.min(box.width / room.width, box.height / room.height);
  const beside = box.width - across * perUnit;
  const left = fit ? (fit.wall === "left" ? 0 : beside) : beside / 2;
  const mirrored = fit?.flipped ?? false;
  return {
    a: size.column * perUnit * (mirrored ? -1 : 1),
    b: 0,
    c: 0,
    d: size.row * perUnit,
    e: mirrored ? left + across * perUnit : left,
    f: (box.height - down * perUnit) / 2,
  };
}

/** Where a picture stands by three of its corners on the screen. */
export function placeByCorners(
  { rows, columns }: Pick<Frame, "rows" | "columns">,
  [origin, rowEnd, columnEnd]: readonly [Point, Point, Point],
): Place {
  return {
    a: (rowEnd[0] - origin[0]) / columns,
    b: (rowEnd[1] - origin[1]) / columns,
    c: (columnEnd[0] - origin[0]) / rows,
    d: (columnEnd[1] - origin[1]) / rows,
    e: origin[0],
    f: origin[1],
  };
}
