/** A window and its function (PS3.3 §C.11.2.1.2, §C.11.2.1.3). Units of the modality's values. */
export type Window = { center: number; width: number; shape: "LINEAR" | "LINEAR_EXACT" | "SIGMOID" };

/** A window that somebody chose; without a function the image's own is used, as in the viewer. */
export type AskedWindow = Pick<Window, "center" | "width"> & { shape?: Window["shape"] | undefined };

/** `values[i]` is the output for input `first + i`; inputs outside use the ends (PS3.3 §C.11.1.1.1). */
export type Lut = {
  first: number;
  /** Output shown brightest: the largest of the declared bits, or the largest entry when that is less. */
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
 * How to interpret the pixels of one frame: from bytes to stored values (PS3.3 §C.7.6.3), and from these to grey or
 * colour (§C.11, PS3.4 §N.2). Plain data, so that it can be sent to a thread or worker.
 */
export type PixelDescription = {
  /**
   * Why this cannot be rendered correctly, as a sentence for a reader; null when it can, and then the rest is valid.
   */
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
  /** Replaces slope and intercept. Never for XA and XRF, where it is not for display (PS3.3 §C.8.7.1.1). */
  modalityLut: Lut | null;
  /** The image's own, in its order; the first is shown. */
  windows: Window[];
  /** VOI LUT Sequence; the first is shown when there is no window. */
  voiLuts: Lut[];
  /** The largest value becomes black: MONOCHROME1, or Presentation LUT Shape INVERSE. */
  inverse: boolean;
  /**
   * Range of stored values, inclusive, that are padding: excluded from the automatic window and drawn as background.
   */
  padding: { low: number; high: number } | null;
  /** Default range of values to show, where known (segmentations, bits). */
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
