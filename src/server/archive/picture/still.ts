import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { runPictureTask } from "./pool.ts";

/**
 * The pixels of a JPEG of 8 bits that is no object of the archive, grey or RGB by pixel, decoded in the picture thread within its limits.
 *
 * @throws {DomainError} `dicom.cannot-render`
 */
export function decodeStill(
  jpeg: Buffer,
  { columns, rows, samples }: { columns: number; rows: number; samples: 1 | 3 },
): Promise<Buffer> {
  const description: PixelDescription = {
    refusal: null,
    transferSyntaxUid: TS.jpegBaseline,
    rows,
    columns,
    samplesPerPixel: samples,
    bitsAllocated: 8,
    bitsStored: 8,
    highBit: 7,
    signed: false,
    planar: false,
    photometric: samples === 1 ? "MONOCHROME2" : "YBR_FULL_422",
    float: false,
    slope: 1,
    intercept: 0,
    modalityLut: null,
    windows: [],
    voiLuts: [],
    inverse: false,
    padding: null,
    valueRange: null,
    palette: null,
    overlays: [],
  };
  return runPictureTask({ frame: copyOf(jpeg), description, want: { kind: "values" } });
}

/**
 * The pixels of a PNG of the size and form that `pngHead` tells, grey or RGB by pixel, decoded there as well.
 *
 * @throws {DomainError} `dicom.cannot-render`
 */
export const decodeStillPng = (png: Buffer): Promise<Buffer> => runPictureTask({ frame: copyOf(png), isPng: true });

/** The thread takes the memory of what it decodes, and these bytes are stored afterwards. */
const copyOf = (bytes: Buffer): Uint8Array => Uint8Array.from(bytes);
