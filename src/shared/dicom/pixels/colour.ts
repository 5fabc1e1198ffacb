import { DomainError } from "../../errors.ts";
import type { PixelDescription, StoredValues } from "./description.ts";
import { lookUp } from "./lut.ts";
import { frameBytes, storedValues } from "./stored-values.ts";

/**
 * Colours of a frame as RGB, 8 bits per channel: palettes, colour spaces, planar and subsampled samples (PS3.3
 * §C.7.6.3.1.2 to §C.7.6.3.1.5). Windows and rescaling, which some writers leave in colour images, have no meaning
 * there and are ignored.
 *
 * @param bytes of the frame, little endian, not compressed.
 * @throws {DomainError} `dicom.truncated`
 */
export function toColour(bytes: Uint8Array, description: PixelDescription): Uint8Array {
  if (description.palette) return paletted(storedValues(bytes, description), description.palette);
  const rgb = subsampled(bytes, description) ? fromPairs(bytes, description) : byPixel(bytes, description);
  const { photometric } = description;
  if (photometric.startsWith("YBR_FULL")) fullToRgb(rgb);
  else if (photometric.startsWith("YBR_PARTIAL")) partialToRgb(rgb);
  return rgb;
}

function paletted(values: StoredValues, palette: NonNullable<PixelDescription["palette"]>): Uint8Array {
  const out = new Uint8Array(values.length * 3);
  for (const [channel, lut] of [palette.red, palette.green, palette.blue].entries())
    for (let i = 0; i < values.length; i++)
      out[i * 3 + channel] = Math.min(255, Math.round((lookUp(lut, values[i] as number) / lut.full) * 255));
  return out;
}

/** Native 4:2:2 has two samples for a pixel, though some writers declare it and store all three. */
function subsampled(bytes: Uint8Array, description: PixelDescription): boolean {
  return description.photometric.endsWith("_422") && bytes.length < frameBytes(description);
}

/** Two luminances, then the blue and the red difference of both (§C.7.6.3.1.2). */
function fromPairs(bytes: Uint8Array, description: PixelDescription): Uint8Array {
  const { rows, columns } = description;
  const pixels = rows * columns;
  const two = { ...description, samplesPerPixel: 2 };
  if (columns % 2 === 1) throw new DomainError("dicom.malformed");
  const samples = storedValues(bytes, two);
  const level = toByte(description);
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const pair = (i >> 1) * 4;
    out[i * 3] = level(samples[pair + (i & 1)] as number);
    out[i * 3 + 1] = level(samples[pair + 2] as number);
    out[i * 3 + 2] = level(samples[pair + 3] as number);
  }
  return out;
}

function byPixel(bytes: Uint8Array, description: PixelDescription): Uint8Array {
  const { rows, columns, samplesPerPixel, planar, photometric } = description;
  const pixels = rows * columns;
  const samples = storedValues(bytes, description);
  const level = toByte(description);
  // The first sample of ARGB (retired) is not a colour.
  const skip = photometric === "ARGB" ? 1 : 0;
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < 3; c++)
      out[i * 3 + c] = level(samples[planar ? (c + skip) * pixels + i : i * samplesPerPixel + c + skip] as number);
  return out;
}

function toByte({ bitsStored }: PixelDescription): (sample: number) => number {
  if (bitsStored === 8) return (sample) => sample;
  const full = 2 ** bitsStored - 1;
  return (sample) => Math.round((sample / full) * 255);
}

const clamp = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

function fullToRgb(data: Uint8Array): void {
  for (let i = 0; i + 2 < data.length; i += 3) {
    const y = data[i] as number;
    const cb = (data[i + 1] as number) - 128;
    const cr = (data[i + 2] as number) - 128;
    data[i] = clamp(y + 1.402 * cr);
    data[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    data[i + 2] = clamp(y + 1.772 * cb);
  }
}

/** Luminance from 16 to 235, differences from 16 to 240 (ITU-R BT.601). */
function partialToRgb(data: Uint8Array): void {
  for (let i = 0; i + 2 < data.length; i += 3) {
    const y = ((data[i] as number) - 16) * 1.164384;
    const cb = (data[i + 1] as number) - 128;
    const cr = (data[i + 2] as number) - 128;
    data[i] = clamp(y + 1.596027 * cr);
    data[i + 1] = clamp(y - 0.391762 * cb - 0.812968 * cr);
    data[i + 2] = clamp(y + 2.017232 * cb);
  }
}
