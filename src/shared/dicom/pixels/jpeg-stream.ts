/** What the markers of a JPEG stream say (ITU-T T.81 §B.2). */
export type JpegHeader = {
  width: number;
  height: number;
  components: number;
  precision: number;
  /** How values are coded (table B.1): by DCT, without loss, or in a way that nobody decodes here. Transfer syntaxes are often wrong about it. */
  process: "dct" | "lossless" | "other";
  componentIds: number[];
  /** Whether it names its colours: a JFIF marker, or Adobe's with its transform. */
  jfif: boolean;
  adobe: boolean;
  /** Bits that a lossless stream leaves out at the bottom (§H.1.2.1). */
  pointTransform: number;
  /** Where the precision and the point transform stand. Bytes. */
  precisionAt: number;
  pointTransformAt: number;
};

/** Markers of frames, sequential and progressive, Huffman and arithmetic; lossless by Huffman. The others are hierarchical, or lossless by arithmetic. */
const dctFrames = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];
const losslessFrame = 0xc3;

/** Reads up to the first scan; null when it is no JPEG stream, or does not get as far. */
export function jpegHeader(bytes: Uint8Array): JpegHeader | null {
  const word = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (word(0) !== 0xffd8) return null;
  let frame: Omit<JpegHeader, "jfif" | "adobe" | "pointTransform" | "pointTransformAt"> | null = null;
  let jfif = false;
  let adobe = false;
  for (let at = 2; at + 4 < bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const body = at + 4;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const components = bytes[body + 5] ?? 0;
      const componentIds = Array.from({ length: components }, (_, i) => bytes[body + 6 + i * 3] ?? 0);
      const size = { height: word(body + 1), width: word(body + 3) };
      const process = dctFrames.includes(marker) ? "dct" : marker === losslessFrame ? "lossless" : "other";
      frame = { ...size, precision: bytes[body] as number, process, components, componentIds, precisionAt: body };
    }
    if (marker === 0xe0 && ascii(bytes, body, 4) === "JFIF") jfif = true;
    if (marker === 0xee && ascii(bytes, body, 5) === "Adobe") adobe = true;
    if (marker === 0xda) {
      const pointTransformAt = body + 1 + (bytes[body] ?? 0) * 2 + 2;
      const pointTransform = (bytes[pointTransformAt] ?? 0) & 0x0f;
      return frame && { ...frame, jfif, adobe, pointTransform, pointTransformAt };
    }
    at += 2 + word(at + 2);
  }
  return null;
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/**
 * A stream whose colours a decoder will not mistake. Without a JFIF or Adobe marker decoders guess YCbCr; in DICOM the
 * Photometric Interpretation decides (PS3.5 §8.2.1), so it is put into an Adobe marker.
 */
export function withColourTransform(bytes: Uint8Array, photometric: string): Uint8Array {
  const header = jpegHeader(bytes);
  if (header?.components !== 3 || header.jfif || header.adobe) return bytes;
  const transform = photometric === "RGB" ? 0 : 1;
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform];
  const out = new Uint8Array(bytes.length + marker.length);
  out.set(bytes.subarray(0, 2));
  out.set(marker, 2);
  out.set(bytes.subarray(2), 2 + marker.length);
  return out;
}

/**
 * A lossless stream as decoders without point transform read it right: as one of so many bits less.
 *
 * @returns the stream, and by how many bits each decoded value is to be shifted up. Copied only when changed.
 */
export function withoutPointTransform(bytes: Uint8Array): { stream: Uint8Array; shift: number } {
  const header = jpegHeader(bytes);
  if (!header || header.pointTransform === 0) return { stream: bytes, shift: 0 };
  const { precision, precisionAt, pointTransform, pointTransformAt } = header;
  const stream = new Uint8Array(bytes);
  stream[precisionAt] = precision - pointTransform;
  stream[pointTransformAt] = 0;
  return { stream, shift: pointTransform };
}
