import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { barJ2k } from "../bar-j2k.ts";
import { adobe, dctJpeg, jfif, losslessJpeg } from "../bar-jpeg.ts";
import { colours, full } from "./colour.ts";
import { exact, type PixelCase, type Rgb, ramp } from "./pixel-case.ts";

/** A case whose frame is compressed. `cells` and `bars` are what the values are when nothing is. */
export type CompressedCase = {
  picture: PixelCase;
  transferSyntaxUid: string;
  stream: () => Uint8Array | Promise<Uint8Array>;
};

const steps = [0, 585, 1170, 1755, 2340, 2925, 3510, 4095];
const twelve = { BitsStored: 12, HighBit: 11 };
/** Hounsfield units and their greys in a window that shows all of them. */
const units = [-1000, -500, -100, 0, 100, 500, 1000, 1500];
const unitGreys = [0, 51, 92, 102, 112, 153, 204, 255];
const ofUnits = exact(250, 2500);
const inBits = (values: readonly number[], bits: number): number[] =>
  values.map((value) => (value + 2 ** bits) % 2 ** bits);
const components = (of: readonly Rgb[]): number[][] => [0, 1, 2].map((c) => of.map((rgb) => rgb[c] as number));
const grey = (name: string, more: Partial<PixelCase> = {}): PixelCase =>
  ({
    name,
    cells: "u16",
    bars: steps,
    elements: { ...twelve, ...exact(2047.5, 4095) },
    grey: ramp,
    ...more,
  }) as PixelCase;
const coloured = (name: string, photometric: string): PixelCase => ({
  name,
  cells: "u8",
  bars: colours,
  elements: { PhotometricInterpretation: photometric },
  rgb: colours,
  tolerance: 4,
});
const signed = (name: string, bitsStored: number): PixelCase => ({
  name,
  cells: "s16",
  bars: units,
  elements: { BitsStored: bitsStored, HighBit: bitsStored - 1, ...ofUnits },
  grey: unitGreys,
});

/** Streams that say less, or something else, than their header. */
export const compressedCases: CompressedCase[] = [
  {
    picture: grey("JPEG of 12 bits, sequential"),
    transferSyntaxUid: TS.jpegExtended,
    stream: () => dctJpeg([steps], { precision: 12 }),
  },
  {
    picture: grey("JPEG of 12 bits, progressive"),
    transferSyntaxUid: TS.jpegProgressive,
    stream: () => dctJpeg([steps], { precision: 12, progressive: true }),
  },
  {
    picture: coloured("JPEG whose components are RGB, without a marker", "RGB"),
    transferSyntaxUid: TS.jpegBaseline,
    stream: () => dctJpeg(components(colours), {}),
  },
  {
    picture: coloured("JPEG whose components are YCbCr, without a marker", "YBR_FULL_422"),
    transferSyntaxUid: TS.jpegBaseline,
    stream: () => dctJpeg(components(full), {}),
  },
  {
    picture: coloured("JPEG with a JFIF marker is YCbCr, whatever the header says", "RGB"),
    transferSyntaxUid: TS.jpegBaseline,
    stream: () => dctJpeg(components(full), { markers: jfif }),
  },
  {
    picture: coloured("JPEG with an Adobe marker for RGB is RGB, whatever the header says", "YBR_FULL_422"),
    transferSyntaxUid: TS.jpegBaseline,
    stream: () => dctJpeg(components(colours), { markers: adobe(0) }),
  },
  {
    picture: coloured("JPEG of 8 bits with a JFIF marker, labelled as extended", "YBR_FULL_422"),
    transferSyntaxUid: TS.jpegExtended,
    stream: () => dctJpeg(components(full), { markers: jfif }),
  },
  {
    picture: coloured("JPEG of 8 bits by DCT, labelled as lossless", "YBR_FULL_422"),
    transferSyntaxUid: TS.jpegLosslessSv1,
    stream: () => dctJpeg(components(full), { markers: jfif }),
  },
  {
    picture: grey("JPEG of 12 bits by DCT, labelled as lossless"),
    transferSyntaxUid: TS.jpegLossless,
    stream: () => dctJpeg([steps], { precision: 12 }),
  },
  {
    picture: grey("lossless JPEG, labelled as extended"),
    transferSyntaxUid: TS.jpegExtended,
    stream: () => losslessJpeg(steps, 12),
  },
  {
    picture: grey("lossless JPEG"),
    transferSyntaxUid: TS.jpegLosslessSv1,
    stream: () => losslessJpeg(steps, 12),
  },
  {
    picture: grey("lossless JPEG of 16 bits with a point transform of 2", {
      elements: exact(32_766, 65_532),
      bars: [0, 9360, 18_724, 28_084, 37_448, 46_808, 56_172, 65_532],
    }),
    transferSyntaxUid: TS.jpegLossless,
    stream: () => losslessJpeg([0, 9360, 18_724, 28_084, 37_448, 46_808, 56_172, 65_532], 16, 2),
  },
  {
    picture: grey("lossless JPEG of 12 bits with a point transform of 1", {
      bars: [0, 584, 1170, 1754, 2340, 2924, 3510, 4094],
    }),
    transferSyntaxUid: TS.jpegLosslessSv1,
    stream: () => losslessJpeg([0, 584, 1170, 1754, 2340, 2924, 3510, 4094], 12, 1),
  },
  {
    picture: grey("lossless JPEG of whole cells, with rubbish above the 12 bits stored"),
    transferSyntaxUid: TS.jpegLosslessSv1,
    stream: () =>
      losslessJpeg(
        steps.map((value) => value | 0x5000),
        16,
      ),
  },
  {
    picture: signed("lossless JPEG of signed values", 12),
    transferSyntaxUid: TS.jpegLosslessSv1,
    stream: () => losslessJpeg(inBits(units, 12), 12),
  },
  {
    picture: signed("JPEG 2000 of 16 bits without sign, of signed values", 16),
    transferSyntaxUid: TS.jpeg2000Lossless,
    stream: () => barJ2k(inBits(units, 16), 16, false),
  },
  {
    picture: signed("JPEG 2000 of 12 bits without sign, of signed values of 12", 12),
    transferSyntaxUid: TS.jpeg2000Lossless,
    stream: () => barJ2k(inBits(units, 12), 12, false),
  },
  {
    picture: signed("JPEG 2000 of 12 bits without sign, of signed values of 16", 16),
    transferSyntaxUid: TS.jpeg2000Lossless,
    stream: () => barJ2k(inBits(units, 12), 12, false),
  },
  {
    picture: signed("JPEG 2000 of 16 bits without sign, of signed values of 12", 12),
    transferSyntaxUid: TS.jpeg2000Lossless,
    stream: () => barJ2k(inBits(units, 16), 16, false),
  },
  {
    picture: signed("JPEG 2000 with its sign", 16),
    transferSyntaxUid: TS.jpeg2000,
    stream: () => barJ2k(inBits(units, 16), 16, true),
  },
  {
    picture: {
      name: "JPEG 2000 of one bit",
      cells: "bit",
      bars: [0, 1, 0, 1, 1, 0, 0, 1],
      grey: [0, 255, 0, 255, 255, 0, 0, 255],
    },
    transferSyntaxUid: TS.jpeg2000Lossless,
    stream: () => barJ2k([0, 1, 0, 1, 1, 0, 0, 1], 1, false),
  },
];
