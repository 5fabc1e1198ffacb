import type { Path } from "fontkit";

/**
 * Writes an outline as a simple glyph of a `glyf` table.
 *
 * A variable font stores its outlines at one weight and deltas for the others; a PDF can embed only one weight. fontkit
 * computes the outline of the requested weight, but 2.0.4 fails to write it (foliojs/fontkit: `encodeSimple` passes a
 * size where a buffer is expected), and leaves accents of composite glyphs at the position of the default weight. So
 * every glyph we embed is written by this function, without components.
 *
 * @param path in font units; quadratic curves only, as TrueType has them.
 * @returns empty for a glyph without ink.
 * @see OpenType `glyf` table, simple glyph description
 */
export function encodeOutline(path: Path): Buffer {
  const contours = contoursOf(path);
  if (contours.length === 0) return Buffer.alloc(0);
  const points = contours.flat();
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);

  const bytes = Buffer.alloc(10 + 2 * contours.length + 2 + 5 * points.length);
  let at = 0;
  const int16 = (value: number) => {
    at = bytes.writeInt16BE(value, at);
  };
  int16(contours.length);
  for (const edge of [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]) int16(edge);
  let last = -1;
  for (const contour of contours) {
    last += contour.length;
    at = bytes.writeUInt16BE(last, at);
  }
  at = bytes.writeUInt16BE(0, at); // no instructions: viewers smooth, they do not hint
  for (const point of points) at = bytes.writeUInt8(point.onCurve ? 1 : 0, at);
  for (const values of [xs, ys]) {
    let previous = 0;
    for (const value of values) {
      int16(value - previous);
      previous = value;
    }
  }
  // Offsets in `loca` are counted in steps of two or four bytes.
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc((4 - (at % 4)) % 4)]);
}

type Point = { x: number; y: number; onCurve: boolean };

function contoursOf(path: Path): Point[][] {
  const contours: Point[][] = [];
  let current: Point[] = [];
  const point = (x = 0, y = 0, onCurve = true) => current.push({ x: Math.round(x), y: Math.round(y), onCurve });
  const close = () => {
    const [first, final] = [current[0], current.at(-1)];
    // The closing line to the start is implied.
    if (current.length > 1 && first && final?.onCurve && final.x === first.x && final.y === first.y) current.pop();
    if (current.length > 1) contours.push(current);
    current = [];
  };
  for (const { command, args } of path.commands) {
    if (command === "moveTo") {
      close();
      point(args[0], args[1]);
    } else if (command === "lineTo") {
      point(args[0], args[1]);
    } else if (command === "quadraticCurveTo") {
      point(args[0], args[1], false);
      point(args[2], args[3]);
    } else if (command === "closePath") {
      close();
    } else {
      throw new Error("a cubic outline cannot stand in a glyf table");
    }
  }
  close();
  return contours;
}
