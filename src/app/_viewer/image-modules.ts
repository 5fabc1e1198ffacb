import { type Attributes, number, numbers, text } from "./attributes.ts";
import type { Frame } from "./frames.ts";

/** Colour tables of a PALETTE COLOR image, one number per entry. */
export type Palette = {
  red: Uint8Array | Uint16Array;
  green: Uint8Array | Uint16Array;
  blue: Uint8Array | Uint16Array;
};

/**
 * What Cornerstone asks about an image, module by module.
 *
 * Ours instead of the loader's own: that one changes a multi-frame instance while reading it, knows no Imager
 * Pixel Spacing, and never settles an image without modality and position.
 *
 * @returns undefined for modules we know nothing of, so that the next provider is asked.
 */
export function imageModule(
  type: string,
  frame: Frame,
  modality: string,
  palette: Palette | undefined,
): object | undefined {
  const a = frame.attributes;
  switch (type) {
    case "imagePlaneModule":
      return {
        frameOfReferenceUID: frame.frameOfReferenceUid,
        rows: frame.rows,
        columns: frame.columns,
        imageOrientationPatient: [...(frame.rowDirection ?? [1, 0, 0]), ...(frame.columnDirection ?? [0, 1, 0])],
        rowCosines: frame.rowDirection ?? [1, 0, 0],
        columnCosines: frame.columnDirection ?? [0, 1, 0],
        imagePositionPatient: frame.position ?? [0, 0, 0],
        sliceThickness: frame.sliceThickness ?? undefined,
        sliceLocation: frame.sliceLocation ?? undefined,
        pixelSpacing: [frame.size.row, frame.size.column],
        rowPixelSpacing: frame.size.row,
        columnPixelSpacing: frame.size.column,
        usingDefaultValues: frame.size.unit === "px",
      };
    case "imagePixelModule":
      return {
        samplesPerPixel: frame.samplesPerPixel,
        photometricInterpretation: frame.photometricInterpretation,
        rows: frame.rows,
        columns: frame.columns,
        bitsAllocated: number(a, "00280100") ?? 16,
        bitsStored: number(a, "00280101") ?? number(a, "00280100") ?? 16,
        highBit: number(a, "00280102") ?? (number(a, "00280101") ?? 16) - 1,
        pixelRepresentation: number(a, "00280103") ?? 0,
        planarConfiguration: number(a, "00280006") ?? 0,
        redPaletteColorLookupTableDescriptor: descriptor(a, "00281101"),
        greenPaletteColorLookupTableDescriptor: descriptor(a, "00281102"),
        bluePaletteColorLookupTableDescriptor: descriptor(a, "00281103"),
        redPaletteColorLookupTableData: palette?.red,
        greenPaletteColorLookupTableData: palette?.green,
        bluePaletteColorLookupTableData: palette?.blue,
      };
    case "voiLutModule": {
      const voiLutFunction = text(a, "00281056");
      return {
        windowCenter: frame.windows.length > 0 ? frame.windows.map((window) => window.center) : undefined,
        windowWidth: frame.windows.length > 0 ? frame.windows.map((window) => window.width) : undefined,
        // A list: the loader takes its first entry.
        voiLUTFunction: voiLutFunction ? [voiLutFunction] : undefined,
      };
    }
    case "modalityLutModule": {
      const slope = number(a, "00281053");
      return {
        rescaleSlope: slope === null || slope === 0 ? 1 : slope,
        rescaleIntercept: number(a, "00281052") ?? 0,
        rescaleType: text(a, "00281054") ?? undefined,
      };
    }
    case "generalSeriesModule":
      return {
        modality,
        seriesInstanceUID: frame.seriesInstanceUid,
        seriesNumber: number(a, "00200011") ?? undefined,
        studyInstanceUID: text(a, "0020000D") ?? undefined,
      };
    case "generalImageModule":
      return { sopInstanceUID: frame.sopInstanceUid, instanceNumber: frame.imageNumber ?? undefined };
    case "sopCommonModule":
      return { sopClassUID: frame.sopClassUid, sopInstanceUID: frame.sopInstanceUid };
    case "transferSyntax":
      return { transferSyntaxUID: text(a, "00083002") ?? text(a, "00020010") ?? undefined };
    default:
      return undefined;
  }
}

function descriptor(attributes: Attributes, tag: string): number[] | undefined {
  const [entries, first, bits] = numbers(attributes, tag);
  return entries === undefined || first === undefined || bits === undefined
    ? undefined
    : [entries === 0 ? 65536 : entries, first, bits];
}

/** Entries of one colour table from its bytes, little endian. */
export function paletteTable(bytes: ArrayBuffer, attributes: Attributes, tag: string): Uint8Array | Uint16Array {
  const [entries = 0] = descriptor(attributes, tag) ?? [];
  return bytes.byteLength >= entries * 2 ? new Uint16Array(bytes.slice(0, entries * 2)) : new Uint8Array(bytes);
}
