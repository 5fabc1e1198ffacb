import { number, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "./frame.ts";
import { reductionOf } from "./texture-limit.ts";
import type { Vec3 } from "./vectors.ts";

const alongX: Vec3 = [1, 0, 0];
const alongY: Vec3 = [0, 1, 0];

/**
 * Cornerstone's metadata provider: what it asks about an image, module by module.
 *
 * Replaces the loader's provider, which modifies multi-frame instances while reading them, ignores Imager Pixel
 * Spacing, and never settles an image without modality and position.
 *
 * @returns undefined for unknown modules, so that the next provider is asked.
 */
export function imageModule(type: string, frame: Frame, modality: string): object | undefined {
  const a = frame.attributes;
  switch (type) {
    case "imagePlaneModule": {
      // An image too large for the graphics card is drawn reduced: the same millimetres in fewer pixels.
      const factor = reductionOf(frame);
      const rowSpacing = frame.size.row * factor;
      const columnSpacing = frame.size.column * factor;
      return {
        frameOfReferenceUID: frame.frameOfReferenceUid,
        rows: Math.ceil(frame.rows / factor),
        columns: Math.ceil(frame.columns / factor),
        imageOrientationPatient: [...(frame.rowDirection ?? alongX), ...(frame.columnDirection ?? alongY)],
        rowCosines: frame.rowDirection ?? alongX,
        columnCosines: frame.columnDirection ?? alongY,
        imagePositionPatient: firstPixel(frame, factor),
        sliceThickness: frame.sliceThickness ?? undefined,
        sliceLocation: frame.sliceLocation ?? undefined,
        pixelSpacing: [rowSpacing, columnSpacing],
        rowPixelSpacing: rowSpacing,
        columnPixelSpacing: columnSpacing,
        usingDefaultValues: frame.size.unit === "px",
      };
    }
    case "imagePixelModule": {
      const colour = frame.samplesPerPixel > 1 || frame.photometricInterpretation === "PALETTE COLOR";
      return {
        samplesPerPixel: colour ? 3 : 1,
        // Polarity is applied by our own curve.
        photometricInterpretation: colour ? "RGB" : "MONOCHROME2",
        rows: frame.rows,
        columns: frame.columns,
        bitsAllocated: number(a, Tag.BitsAllocated) ?? 16,
        bitsStored: number(a, Tag.BitsStored) ?? number(a, Tag.BitsAllocated) ?? 16,
        highBit: number(a, Tag.HighBit) ?? (number(a, Tag.BitsStored) ?? 16) - 1,
        pixelRepresentation: number(a, Tag.PixelRepresentation) ?? 0,
      };
    }
    // The library gets modality values, with a matching window.
    case "voiLutModule":
    case "modalityLutModule":
      return {};
    case "generalSeriesModule":
      return {
        modality,
        seriesInstanceUID: frame.seriesInstanceUid,
        seriesNumber: number(a, Tag.SeriesNumber) ?? undefined,
        studyInstanceUID: text(a, Tag.StudyInstanceUID) ?? undefined,
      };
    case "generalImageModule":
      return { sopInstanceUID: frame.sopInstanceUid, instanceNumber: frame.imageNumber ?? undefined };
    case "sopCommonModule":
      return { sopClassUID: frame.sopClassUid, sopInstanceUID: frame.sopInstanceUid };
    case "transferSyntax":
      return {
        transferSyntaxUID: text(a, Tag.AvailableTransferSyntaxUID) ?? text(a, Tag.TransferSyntaxUID) ?? undefined,
      };
    default:
      return undefined;
  }
}

/** Centre of the first drawn pixel, which covers a square of stored pixels when the image is reduced. */
function firstPixel(frame: Frame, factor: number): Vec3 {
  const along = ((factor - 1) / 2) * frame.size.column;
  const down = ((factor - 1) / 2) * frame.size.row;
  const right = frame.rowDirection ?? alongX;
  const below = frame.columnDirection ?? alongY;
  const at = frame.position ?? [0, 0, 0];
  return at.map((value, i) => value + along * (right[i] ?? 0) + down * (below[i] ?? 0)) as Vec3;
}
