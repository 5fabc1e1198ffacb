/** A window and its function (PS3.3 §C.11.2.1.2, §C.11.2.1.3). Units of the modality's values. */
export type Window = { center: number; width: number; shape: "LINEAR" | "LINEAR_EXACT" | "SIGMOID" };

/** A window that somebody chose; without a function it goes by the image's own, as the viewer draws it. */
export type AskedWindow = Pick<Window, "center" | "width"> & { shape?: Window["shape"] | undefined };

/** `values[i]` is the output for input `first + i`; inputs before and behind take the ends (PS3.3 §C.11.1.1.1). */
export type Lut = {
  first: number;
  /** Output that is shown brightest: the largest of the declared bits, or what the entries reach when that is less. */
  full: number;
  values: Uint16Array;
};

/** A bit plane over the image (PS3.3 §C.9.2), for the frame described. */
export type Overlay = {
  rows: number;
  columns: number;
  /** Row and column of its first pixel, from 0; it may begin outside the image. */
  top: number;
  left: number;
  /** One bit a pixel, least significant first, from `startBit`; null when it stands in spare bits of the pixels. */
  plane: Uint8Array | null;
  startBit: number;
  /** Bit of the pixel cell that is the overlay, when there is no plane. */
  cellBit: number;
};

/**
 * How the pixels of one frame are to be understood: from bytes to stored values (PS3.3 §C.7.6.3), and from these to
 * grey or colour (§C.11, PS3.4 §N.2). Plain data, so that it can be sent to a thread or worker.
 */
export type PixelDescription = {
  /** Why this cannot be drawn truly, as a sentence for a reader; null when it can. Then the rest holds. */
  refusal: string | null;
  transferSyntaxUid: string;
  rows: number;
  columns: number;
  samplesPerPixel: number;
  /** Size of a pixel cell: 1, 8, 16 or 32; 32 or 64 for floating point. */
  bitsAllocated: number;
  bitsStored: number;
  highBit: number;
  signed: boolean;
  /** Samples of one colour stand together. */
  planar: boolean;
  photometric: string;
  /** Float or Double Float Pixel Data. */
  float: boolean;
  slope: number;
  intercept: number;
  /** In place of slope and intercept. Never for XA and XRF, where it is not meant for display (PS3.3 §C.8.7.1.1). */
  modalityLut: Lut | null;
  /** The image's own, in its order; the first is shown. */
  windows: Window[];
  /** VOI LUT Sequence; the first is shown when there is no window. */
  voiLuts: Lut[];
  /** The largest value becomes black: MONOCHROME1, or Presentation LUT Shape INVERSE. */
  inverse: boolean;
  /** Stored values, ends included, that are no image: left out of the automatic window and drawn as background. */
  padding: { low: number; high: number } | null;
  /** Range of values that is shown when the image says nothing, where it is known beforehand (segmentations, bits). */
  valueRange: { low: number; high: number } | null;
  palette: { red: Lut; green: Lut; blue: Lut } | null;
  overlays: Overlay[];
};

/** Values of one sample a pixel. */
export type StoredValues =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Eight bits a channel, rows from the top; `channels` 1 is grey, 3 is RGB by pixel. */
export type Picture = { width: number; height: number; channels: 1 | 3; data: Uint8Array };
