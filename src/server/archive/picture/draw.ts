import { DomainError } from "@overread/shared/errors";
import { type DecodedFrame, frameBytes } from "./decode.ts";
import type { Lut, PixelDescription, Window } from "./description.ts";

/** Eight bits a channel; `channels` 1 is grey, 3 is RGB. */
export type Picture = { width: number; height: number; channels: 1 | 3; data: Uint8Array };

/**
 * Makes the picture that a reader would see: modality and VOI transformation, palette, colour space.
 *
 * @param asked window from the request; otherwise the image's own, otherwise what its values span.
 * @throws {DomainError} `dicom.cannot-render`
 */
export function drawPicture(frame: DecodedFrame, description: PixelDescription, asked: Window | null): Picture {
  const { rows, columns, samplesPerPixel } = description;
  if (frame.bytes.length < frameBytes(description)) {
    // Subsampled native colour is shorter than its three samples.
    if (!frame.photometric.endsWith("_422")) throw new DomainError("dicom.cannot-render");
  }
  const size = { width: columns, height: rows };
  if (samplesPerPixel >= 3) return { ...size, channels: 3, data: colour(frame, description) };
  const values = samples(frame, description);
  if (frame.photometric === "PALETTE COLOR" && description.palette)
    return { ...size, channels: 3, data: paletted(values, description.palette) };
  return { ...size, channels: 1, data: grey(values, frame, description, asked) };
}

type Values =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** The stored values of a frame with one sample a pixel. */
export function samples(
  { bytes, signed }: Pick<DecodedFrame, "bytes" | "signed">,
  description: PixelDescription,
): Values {
  const { rows, columns, bitsAllocated, bitsStored, float } = description;
  const count = rows * columns;
  if (bitsAllocated === 1) {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
    return out;
  }
  const wide = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  const whole = <T extends Values>(make: new (b: ArrayBufferLike, o: number, n: number) => T): T =>
    new make(wide.buffer, wide.byteOffset, count);
  if (float) return bitsAllocated === 64 ? whole(Float64Array) : whole(Float32Array);
  if (bitsAllocated === 8) return trimmed(signed ? whole(Int8Array) : whole(Uint8Array), 8 - bitsStored, signed);
  if (bitsAllocated === 16) return trimmed(signed ? whole(Int16Array) : whole(Uint16Array), 16 - bitsStored, signed);
  if (bitsAllocated === 32) return signed ? whole(Int32Array) : whole(Uint32Array);
  throw new DomainError("dicom.cannot-render");
}

/** Bits above the stored ones may hold overlays or rubbish (PS3.5 §8.1.1). */
function trimmed<T extends Int8Array | Uint8Array | Int16Array | Uint16Array>(
  values: T,
  spare: number,
  signed: boolean,
): T {
  if (spare <= 0 || spare >= 16) return values;
  const out = values.slice() as T;
  const shift = 32 - out.BYTES_PER_ELEMENT * 8 + spare;
  for (let i = 0; i < out.length; i++)
    out[i] = signed ? ((out[i] as number) << shift) >> shift : ((out[i] as number) << shift) >>> shift;
  return out;
}

function grey(
  values: Values,
  { photometric }: DecodedFrame,
  description: PixelDescription,
  asked: Window | null,
): Uint8Array {
  const { slope, intercept, voiLut } = description;
  const inverse = photometric === "MONOCHROME1";
  const out = new Uint8Array(values.length);
  if (voiLut && !asked && !description.window) {
    for (let i = 0; i < values.length; i++) out[i] = fromLut(voiLut, (values[i] as number) * slope + intercept);
  } else {
    const shade = shader(asked ?? usefulWindow(values, description) ?? spanOf(values, slope, intercept));
    // A value that turns up a hundred thousand times is computed once.
    const known = new Int16Array(65536).fill(-1);
    const integer = !(values instanceof Float32Array || values instanceof Float64Array) && values.BYTES_PER_ELEMENT < 4;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!integer) {
        out[i] = shade(value * slope + intercept);
        continue;
      }
      const slot = value & 0xffff;
      if (known[slot] === -1) known[slot] = shade(value * slope + intercept);
      out[i] = known[slot] as number;
    }
  }
  if (inverse) for (let i = 0; i < out.length; i++) out[i] = 255 - (out[i] as number);
  return out;
}

/** The image's own window, unless it shows all of the image in one shade: then it was meant for another one. */
function usefulWindow(values: Values, { window, slope, intercept }: PixelDescription): Window | null {
  if (!window) return null;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const shade = shader(window);
  return low < high && shade(low * slope + intercept) === shade(high * slope + intercept) ? null : window;
}

/** VOI functions of PS3.3 §C.11.2.1.2 and C.11.2.1.3. */
function shader({ center, width, shape }: Window): (value: number) => number {
  if (shape === "SIGMOID") return (x) => Math.round(255 / (1 + Math.exp((-4 * (x - center)) / width)));
  const c = shape === "LINEAR" ? center - 0.5 : center;
  const w = Math.max(shape === "LINEAR" ? width - 1 : width, 1e-9);
  return (x) => {
    if (x <= c - w / 2) return 0;
    if (x > c + w / 2) return 255;
    return Math.round(((x - c) / w + 0.5) * 255);
  };
}

/** From the first to the 99th percentile, so that a marker or a metal clip does not darken everything else. */
function spanOf(values: Values, slope: number, intercept: number): Window {
  const step = Math.max(1, Math.floor(values.length / 50_000));
  const picked: number[] = [];
  for (let i = 0; i < values.length; i += step) {
    const value = (values[i] as number) * slope + intercept;
    if (Number.isFinite(value)) picked.push(value);
  }
  picked.sort((a, b) => a - b);
  const last = picked.length - 1;
  let low = picked[Math.floor(last * 0.01)] ?? 0;
  let high = picked[Math.ceil(last * 0.99)] ?? 1;
  if (high <= low) {
    low = picked[0] ?? 0;
    high = picked[last] ?? 1;
  }
  return { center: (low + high) / 2, width: Math.max(high - low, 1e-6), shape: "LINEAR_EXACT" };
}

function fromLut({ first, bits, values }: Lut, value: number): number {
  const index = Math.min(Math.max(Math.round(value) - first, 0), values.length - 1);
  return Math.min(255, Math.round(((values[index] as number) / (2 ** bits - 1)) * 255));
}

function paletted(values: Values, palette: NonNullable<PixelDescription["palette"]>): Uint8Array {
  const out = new Uint8Array(values.length * 3);
  const channels = [palette.red, palette.green, palette.blue].map((lut) => ({
    // Entries of "16 bits" that never pass 255 are 8-bit ones that a writer mislabelled.
    ...lut,
    bits: lut.bits > 8 && lut.values.every((value) => value <= 255) ? 8 : lut.bits,
  }));
  for (let i = 0; i < values.length; i++)
    for (let c = 0; c < 3; c++) out[i * 3 + c] = fromLut(channels[c] as Lut, values[i] as number);
  return out;
}

function colour({ bytes, planar, photometric }: DecodedFrame, description: PixelDescription): Uint8Array {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored } = description;
  const pixels = rows * columns;
  const subsampled = photometric.endsWith("_422") && bytes.length < pixels * 3;
  const wide = bitsAllocated > 8;
  const shift = wide ? Math.max(0, bitsStored - 8) : 0;
  const sample = (index: number): number =>
    wide ? (((bytes[index * 2] ?? 0) | ((bytes[index * 2 + 1] ?? 0) << 8)) >> shift) & 0xff : (bytes[index] ?? 0);
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    if (subsampled) {
      const pair = (i >> 1) * 4;
      out[i * 3] = sample(pair + (i & 1));
      out[i * 3 + 1] = sample(pair + 2);
      out[i * 3 + 2] = sample(pair + 3);
      continue;
    }
    for (let c = 0; c < 3; c++) out[i * 3 + c] = sample(planar ? c * pixels + i : i * samplesPerPixel + c);
  }
  if (photometric.startsWith("YBR_FULL")) toRgb(out);
  return out;
}

/** PS3.3 §C.7.6.3.1.2, YBR_FULL. */
function toRgb(data: Uint8Array): void {
  const clamp = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
  for (let i = 0; i + 2 < data.length; i += 3) {
    const y = data[i] as number;
    const cb = (data[i + 1] as number) - 128;
    const cr = (data[i + 2] as number) - 128;
    data[i] = clamp(y + 1.402 * cr);
    data[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    data[i + 2] = clamp(y + 1.772 * cb);
  }
}

/** Fits a picture into a box, keeping its shape; each output pixel is the mean of what it covers. Never enlarges. */
export function fitInto(picture: Picture, box: { width: number; height: number }): Picture {
  const { width, height, channels, data } = picture;
  const scale = Math.min(1, box.width / width, box.height / height);
  if (scale >= 1) return picture;
  const w = Math.max(1, Math.round(width * scale));
  const h = Math.max(1, Math.round(height * scale));
  const out = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y++) {
    const y0 = Math.floor((y * height) / h);
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * height) / h));
    for (let x = 0; x < w; x++) {
      const x0 = Math.floor((x * width) / w);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * width) / w));
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let sy = y0; sy < y1; sy++)
          for (let sx = x0; sx < x1; sx++) sum += data[(sy * width + sx) * channels + c] as number;
        out[(y * w + x) * channels + c] = Math.round(sum / ((y1 - y0) * (x1 - x0)));
      }
    }
  }
  return { width: w, height: h, channels, data: out };
}
