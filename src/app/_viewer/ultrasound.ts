import { type Attributes, items, number } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";

/** A region of an ultrasound image; bounds in pixels, inclusive. */
type UltrasoundRegion = {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** Drawn over regions without this flag (Region Flags, bit 0). */
  priority: boolean;
  /** Millimetres per pixel; null where the axes are no distances: Doppler, M-mode, a grey bar. */
  delta: { x: number; y: number } | null;
};

export type UltrasoundScale = {
  /** Topmost first. */
  regions: UltrasoundRegion[];
  /** Why none of the regions is used; null when they are. */
  doubt: string | null;
};

type Point = readonly [x: number, y: number];

const centimetres = 3;
const tissue = new Set([1, 2]);
const highPriority = 1;

/**
 * The calibrated regions of an ultrasound image: 2D tissue or colour flow with both axes in cm, and all others, because
 * a region on top hides the one below.
 *
 * A region that reaches beyond the image was written for another image size, and then none of the regions is used.
 *
 * @see DICOM PS3.3 §C.8.5.5
 */
export function ultrasoundScale(attributes: Attributes): UltrasoundScale | null {
  const rows = number(attributes, Tag.Rows) ?? 0;
  const columns = number(attributes, Tag.Columns) ?? 0;
  const regions = items(attributes, Tag.SequenceOfUltrasoundRegions).flatMap((item) => regionOf(item) ?? []);
  if (regions.length === 0) return null;
  // Some writers give the bound one pixel past the end.
  const fits = (r: UltrasoundRegion) =>
    r.x0 >= 0 && r.y0 >= 0 && r.x0 <= r.x1 && r.y0 <= r.y1 && r.x1 <= columns && r.y1 <= rows;
  const doubt = regions.every(fits) ? null : "the scale was written for a picture of another size";
  return { regions: regions.sort((a, b) => Number(b.priority) - Number(a.priority)), doubt };
}

function regionOf(item: Attributes): UltrasoundRegion | null {
  const [x0, y0, x1, y1] = [
    Tag.RegionLocationMinX0,
    Tag.RegionLocationMinY0,
    Tag.RegionLocationMaxX1,
    Tag.RegionLocationMaxY1,
  ].map((tag) => number(item, tag));
  if (x0 == null || y0 == null || x1 == null || y1 == null) return null;
  const x = Math.abs(number(item, Tag.PhysicalDeltaX) ?? 0) * 10;
  const y = Math.abs(number(item, Tag.PhysicalDeltaY) ?? 0) * 10;
  const dataType = number(item, Tag.RegionDataType);
  const distances =
    x > 0 &&
    y > 0 &&
    number(item, Tag.PhysicalUnitsXDirection) === centimetres &&
    number(item, Tag.PhysicalUnitsYDirection) === centimetres &&
    number(item, Tag.RegionSpatialFormat) === 1 &&
    (dataType === null || tissue.has(dataType));
  const priority = ((number(item, Tag.RegionFlags) ?? 0) & highPriority) === highPriority;
  return { x0, y0, x1, y1, priority, delta: distances ? { x, y } : null };
}

/**
 * Millimetres per pixel that hold along a whole path through the image, or why none does.
 *
 * @param way points in pixels; the lines between them count too.
 */
export function scaleAlong(
  { regions, doubt }: UltrasoundScale,
  way: readonly Point[],
): { x: number; y: number } | { reason: string } {
  if (doubt) return { reason: doubt };
  const met = new Set(way.flatMap((to, i) => points(way[i - 1] ?? to, to)).map((point) => regionAt(regions, point)));
  const [region] = met;
  if (met.size > 1) return { reason: "crosses the edge of a region" };
  if (!region) return { reason: "outside the calibrated region" };
  if (region === "ambiguous") return { reason: "two regions with different scales lie here" };
  return region.delta ?? { reason: "no distances in this region" };
}

/** The topmost region at a point. Of two at the same level with different scales neither is used. */
function regionAt(regions: readonly UltrasoundRegion[], [x, y]: Point): UltrasoundRegion | "ambiguous" | null {
  const here = regions.filter((r) => x >= r.x0 && x <= r.x1 && y >= r.y0 && y <= r.y1);
  const [top] = here;
  if (!top) return null;
  const rivals = here.filter((r) => r.priority === top.priority);
  const alike = (r: UltrasoundRegion) => r.delta?.x === top.delta?.x && r.delta?.y === top.delta?.y;
  return rivals.every(alike) ? top : "ambiguous";
}

/** The points of a line in steps of a pixel, ends included. */
function points([x0, y0]: Point, [x1, y1]: Point): Point[] {
  const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0)));
  return Array.from({ length: steps + 1 }, (_, i) => [x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps]);
}
