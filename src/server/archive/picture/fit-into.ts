import type { Picture } from "@overread/shared/dicom/pixels/description";

/** The target of an image: this box, for the whole image or a region of it. */
export type Fit = {
  width: number;
  height: number;
  /** Whether an image smaller than the box is enlarged; a thumbnail is not. */
  enlarge: boolean;
  region: Region | null;
};
/**
 * A region of the image in pixels, which need not be whole ones (`Infinity`: to its edge), and whether it is mirrored.
 */
export type Region = { x: number; y: number; width: number; height: number; flipX: boolean; flipY: boolean };

/** The fit with the region's open ends resolved. @returns null where the region is outside the image or empty. */
export function within(fit: Fit, columns: number, rows: number): Fit | null {
  if (!fit.region) return fit;
  const { x, y } = fit.region;
  const width = Number.isFinite(fit.region.width) ? fit.region.width : columns - x;
  const height = Number.isFinite(fit.region.height) ? fit.region.height : rows - y;
  const isInside = width > 0 && height > 0 && x + width <= columns && y + height <= rows;
  return isInside ? { ...fit, region: { ...fit.region, width, height } } : null;
}

/** An image is not enlarged beyond this many pixels per side, since that adds no information. */
const mostEnlarged = 4096;

/**
 * Scales an image into a box, keeping its aspect ratio; each output pixel is the mean of what it covers, or its nearest
 * source pixel when enlarged.
 */
export function fitInto(picture: Picture, { enlarge, region, ...box }: Fit): Picture {
  const { channels, data } = picture;
  const { x, y, width, height, flipX, flipY } = region ?? { x: 0, y: 0, ...picture, flipX: false, flipY: false };
  const most = Math.max(1, Math.min(mostEnlarged / width, mostEnlarged / height));
  const scale = Math.min(enlarge ? most : 1, box.width / width, box.height / height);
  if (scale === 1 && !region) return picture;
  const w = Math.max(1, Math.min(box.width, Math.round(width * scale)));
  const h = Math.max(1, Math.min(box.height, Math.round(height * scale)));
  const columns = covered(x, width, w, flipX, picture.width);
  const rows = covered(y, height, h, flipY, picture.height);
  const out = new Uint8Array(w * h * channels);
  for (const [oy, [y0, y1]] of rows.entries())
    for (const [ox, [x0, x1]] of columns.entries())
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let sy = y0; sy < y1; sy++)
          for (let sx = x0; sx < x1; sx++) sum += data[(sy * picture.width + sx) * channels + c] as number;
        out[(oy * w + ox) * channels + c] = Math.round(sum / ((y1 - y0) * (x1 - x0)));
      }
  return { width: w, height: h, channels, data: out };
}

/** For each of `count` output pixels the source pixels it covers along one axis, the second end left out. */
function covered(from: number, length: number, count: number, flip: boolean, size: number): [number, number][] {
  const spans = Array.from({ length: count }, (_, i): [number, number] => {
    const start = Math.min(size - 1, Math.floor(from + (i * length) / count));
    return [start, Math.min(size, Math.max(start + 1, Math.floor(from + ((i + 1) * length) / count)))];
  });
  return flip ? spans.reverse() : spans;
}
