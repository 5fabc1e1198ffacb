import { DomainError } from "@overread/shared/errors";
import type { Fit, Region } from "#server/archive/index.ts";

const most = 8192;

/**
 * `viewport=vw,vh[,sx,sy,sw,sh]` (PS3.18 §8.3.5.1.3): the source region is scaled to fit the viewport, keeping its
 * aspect ratio; a negative width or height mirrors it. An omitted end of the region is the image's edge: `Infinity`.
 *
 * @returns null without the parameter.
 * @throws {DomainError} `request.invalid` with the parameter
 */
export function viewportOf(text: string | null): Fit | null {
  if (!text) return null;
  const [width, height, ...rest] = text.split(",");
  if (rest.length > 4) throw bad();
  const fit = { width: side(width), height: side(height), enlarge: true };
  if (rest.every((part) => part === "")) return { ...fit, region: null };
  const [x, y, sw, sh] = Array.from({ length: 4 }, (_, i) => decimal(rest[i] ?? ""));
  if ((x ?? 0) < 0 || (y ?? 0) < 0 || sw === 0 || sh === 0) throw bad();
  const region: Region = {
    x: x ?? 0,
    y: y ?? 0,
    width: Math.abs(sw ?? Number.POSITIVE_INFINITY),
    height: Math.abs(sh ?? Number.POSITIVE_INFINITY),
    flipX: (sw ?? 1) < 0,
    flipY: (sh ?? 1) < 0,
  };
  return { ...fit, region };
}

const bad = (): DomainError => new DomainError("request.invalid", { details: { parameter: "viewport" } });

function side(text: string | undefined): number {
  const value = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  if (value < 1 || value > most) throw bad();
  return value;
}

function decimal(text: string): number | undefined {
  if (text === "") return undefined;
  if (!/^-?\d{1,9}(\.\d{1,9})?$/.test(text)) throw bad();
  return Number(text);
}
