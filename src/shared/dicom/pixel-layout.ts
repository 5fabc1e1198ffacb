import { type DicomJson, numberOf, stringOf } from "./dicom-json.ts";
import type { Fragment, RawPixels } from "./element-reader.ts";
import { Tag } from "./tags.ts";
import { isVideo } from "./transfer-syntaxes.ts";

/** Place of bytes, `[offset, length]`. */
export type Extent = [offset: number, length: number];

export type NativePixels = {
  kind: "native";
  /** Pixel Data, Float Pixel Data or Double Float Pixel Data. */
  tag: typeof Tag.PixelData | typeof Tag.FloatPixelData | typeof Tag.DoubleFloatPixelData;
  vr: string;
  offset: number;
  length: number;
  /** Bytes of one frame, rounded up for 1-bit pixels. 0 when the data set does not describe its image. */
  frameLength: number;
  /** Bits of one frame: frame `n` (from 0) starts at bit `n * frameBits`, which need not be a whole byte (PS3.5 §8.1.1). */
  frameBits: number;
  /** Frames that are wholly there: at most what Number of Frames says. */
  frames: number;
  /** Samples stand big endian in units of the VR. */
  bigEndian: boolean;
};

export type EncapsulatedPixels = {
  kind: "encapsulated";
  vr: string;
  /** The whole value from its first item up to, not with, its delimiter. */
  offset: number;
  length: number;
  /** Fragments of each frame in order, without item headers. */
  frames: Extent[][];
  /** Video: one stream of all frames, so `frames` has one entry. */
  stream: boolean;
};

/**
 * Makes out the frames of pixel data (PS3.5 §8 and A.4).
 *
 * @param extendedOffsets value of Extended Offset Table (7FE0,0001), if there is one.
 */
export function pixelLayout(
  dataset: DicomJson,
  raw: RawPixels,
  extendedOffsets: Buffer | null,
  transferSyntaxUid: string,
  bigEndian: boolean,
): NativePixels | EncapsulatedPixels {
  const declared = Math.max(1, Math.trunc(numberOf(dataset, "NumberOfFrames") ?? 1));
  if (raw.kind === "native") return nativeLayout(dataset, raw, declared, bigEndian);
  const { vr, offset, length } = raw;
  const stream = isVideo(transferSyntaxUid);
  const frames = stream ? [raw.fragments] : framesOf(raw, declared, extendedOffsets);
  return {
    kind: "encapsulated",
    vr,
    offset,
    length,
    stream,
    frames: frames.map((fragments) => fragments.map((fragment): Extent => [fragment.offset, fragment.length])),
  };
}

function nativeLayout(
  dataset: DicomJson,
  raw: Extract<RawPixels, { kind: "native" }>,
  declared: number,
  bigEndian: boolean,
): NativePixels {
  const pixels = (numberOf(dataset, "Rows") ?? 0) * (numberOf(dataset, "Columns") ?? 0);
  const bits =
    raw.tag === Tag.FloatPixelData
      ? 32
      : raw.tag === Tag.DoubleFloatPixelData
        ? 64
        : (numberOf(dataset, "BitsAllocated") ?? 0);
  let samples = numberOf(dataset, "SamplesPerPixel") ?? 1;
  // Native 4:2:2 has two samples for a pixel (PS3.5 §8.1.2), though some writers declare it and store all three.
  const photometric = stringOf(dataset, "PhotometricInterpretation") ?? "";
  if (photometric.endsWith("_422") && raw.length < Math.ceil((pixels * samples * bits * declared) / 8)) samples = 2;
  const frameBits = pixels * samples * bits;
  const whole = frameBits > 0 ? Math.floor((raw.length * 8) / frameBits) : 0;
  return {
    kind: "native",
    tag: raw.tag as NativePixels["tag"],
    vr: raw.vr,
    offset: raw.offset,
    length: raw.length,
    frameBits,
    frameLength: Math.ceil(frameBits / 8),
    frames: Math.min(declared, whole),
    bigEndian,
  };
}

/**
 * Which fragments make which frame: by the Extended or the Basic Offset Table, by one fragment per frame, by
 * where compressed images begin; a table that hits no fragment's start is not believed.
 */
function framesOf(
  { fragments, offsetTable }: Extract<RawPixels, { kind: "encapsulated" }>,
  declared: number,
  extendedOffsets: Buffer | null,
): Fragment[][] {
  if (fragments.length === 0) return [];
  if (declared === 1) return [fragments];
  const extended: number[] = [];
  if (extendedOffsets && extendedOffsets.length === declared * 8) {
    for (let i = 0; i < declared; i++) extended.push(Number(extendedOffsets.readBigUInt64LE(i * 8)));
  }
  const byTable = splitByOffsets(fragments, extended, declared) ?? splitByOffsets(fragments, offsetTable, declared);
  if (byTable) return byTable;
  if (fragments.length <= declared) return fragments.map((fragment) => [fragment]);
  const starts = fragments.flatMap((fragment, index) => (fragment.startsFrame ? [index] : []));
  if (starts.length === declared && starts[0] === 0) return splitAt(fragments, starts);
  if (fragments.length % declared === 0) {
    const each = fragments.length / declared;
    return splitAt(
      fragments,
      Array.from({ length: declared }, (_, frame) => frame * each),
    );
  }
  return fragments.slice(0, declared).map((fragment) => [fragment]);
}

function splitByOffsets(fragments: Fragment[], offsets: number[], declared: number): Fragment[][] | undefined {
  if (offsets.length !== declared) return undefined;
  // Offsets count from the first byte of the first fragment's item tag.
  const origin = (fragments[0]?.offset ?? 0) - 8;
  const indexOf = new Map(fragments.map((fragment, index) => [fragment.offset - 8 - origin, index]));
  const starts: number[] = [];
  for (const offset of offsets) {
    const index = indexOf.get(offset);
    if (index === undefined || index <= (starts.at(-1) ?? -1)) return undefined;
    starts.push(index);
  }
  return starts[0] === 0 ? splitAt(fragments, starts) : undefined;
}

function splitAt(fragments: Fragment[], starts: number[]): Fragment[][] {
  return starts.map((start, frame) => fragments.slice(start, starts[frame + 1] ?? fragments.length));
}
