import { DomainError } from "../../errors.ts";
import { toColour } from "./colour.ts";
import type { AskedWindow, Picture, PixelDescription } from "./description.ts";
import { greyOfFrame } from "./grey.ts";
import { drawOverlays } from "./overlay.ts";

/** Whether a frame becomes colour; otherwise it becomes grey. */
export function isColour({ samplesPerPixel, palette }: PixelDescription): boolean {
  return samplesPerPixel >= 3 || palette !== null;
}

/**
 * Renders a frame for display, with its overlays.
 *
 * @param bytes of the frame, little endian, not compressed.
 * @param asked window instead of the image's own.
 * @throws {DomainError} `dicom.cannot-render` with the description's refusal as `reason`, `dicom.truncated`
 */
export function drawPixels(bytes: Uint8Array, description: PixelDescription, asked?: AskedWindow | null): Picture {
  const { refusal, rows, columns } = description;
  if (refusal) throw new DomainError("dicom.cannot-render", { details: { reason: refusal } });
  const size = { width: columns, height: rows };
  const picture: Picture = isColour(description)
    ? { ...size, channels: 3, data: toColour(bytes, description) }
    : { ...size, channels: 1, data: greyOfFrame(bytes, description, asked) };
  drawOverlays(picture, description, bytes);
  return picture;
}
