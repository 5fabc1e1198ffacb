import { code } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { burnInNumber } from "./burned-in-number.ts";
import { instanceFile, simulatedUid } from "./instance.ts";
import type { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

/** An axial CT series: slices from the top down, evenly spaced, in HU. */
export type CtSeries = {
  seriesNumber: number;
  description: string;
  bodyPart: string;
  anatomy: readonly [value: string, scheme: string, meaning: string];
  fieldMm: number;
  /** From the first slice to the last, if there are enough slices; spacing never grows over `maxSpacingMm`. */
  lengthMm: number;
  maxSpacingMm: number;
  kernel: string;
  kvp: number;
  window: readonly [center: number[], width: number[], names: string[]];
  contrast: boolean;
  noise: { amount: number; grain: number };
  /** Table position of the anatomy's top, LPS z: a position is the same place in every study. Millimetres. */
  topZ: number;
  slices: number;
  matrix: number;
  /** Draws the slice that lies so many millimetres below the top. */
  draw: (mm: number) => Raster;
};

const intercept = -1024;
/** Anatomy drawn for a quick series; slices in between share their neighbour's. */
const quickDrawings = 12;

/** Distance of neighbouring slices. Millimetres. */
function spacingOf({ slices, lengthMm, maxSpacingMm }: CtSeries): number {
  return Number(Math.min(maxSpacingMm, lengthMm / Math.max(1, slices)).toFixed(3));
}

/** Writes the series, one slice after the other. */
export function* ctFiles(plan: Plan, series: CtSeries): Generator<SimulatedFile> {
  const spacing = spacingOf(series);
  // A short stack lies in the middle of the organ, where there is something to see.
  const skip = (series.lengthMm - spacing * (series.slices - 1)) / 2;
  const drawn = new Map<number, Raster>();
  for (let index = 0; index < series.slices; index++) {
    const step = plan.quick ? Math.max(1, Math.ceil(series.slices / quickDrawings)) : 1;
    const shown = Math.floor(index / step) * step;
    const anatomy = drawn.get(shown) ?? series.draw(skip + shown * spacing);
    if (plan.quick) {
      drawn.clear();
      drawn.set(shown, anatomy);
    }
    yield sliceFile(plan, series, anatomy, index, { spacing, z: series.topZ - skip - index * spacing });
  }
}

function sliceFile(
  plan: Plan,
  series: CtSeries,
  anatomy: Raster,
  index: number,
  { spacing, z: position }: { spacing: number; z: number },
): SimulatedFile {
  const { matrix } = series;
  const image = anatomy.copy();
  image.noise(series.noise.amount, series.noise.grain, index + 1);
  const pixels = image.toUint16(intercept, 4095);
  burnInNumber(pixels, matrix, index + 1, 3000, 0);
  const z = Number(position.toFixed(3));
  const corner = -(series.fieldMm - image.pixelMm) / 2;
  const [center, width, names] = series.window;
  return instanceFile(plan, {
    sopClassUid: SOP.ct,
    modality: "CT",
    seriesNumber: series.seriesNumber,
    seriesDescription: series.description,
    instanceNumber: index + 1,
    rows: matrix,
    columns: matrix,
    bitsAllocated: 16,
    bitsStored: 12,
    pixels,
    extra: {
      ImageType: ["ORIGINAL", "PRIMARY", "AXIAL"],
      BodyPartExamined: series.bodyPart,
      AnatomicRegionSequence: [code(...series.anatomy)],
      PatientPosition: "HFS",
      FrameOfReferenceUID: simulatedUid(plan, "frame of reference"),
      PositionReferenceIndicator: null,
      AcquisitionNumber: 1,
      ImagePositionPatient: [corner, corner, z],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      PixelSpacing: [image.pixelMm, image.pixelMm],
      SliceThickness: spacing,
      SpacingBetweenSlices: spacing,
      SliceLocation: z,
      KVP: series.kvp,
      XRayTubeCurrent: 240,
      ExposureTime: 500,
      Exposure: 120,
      GantryDetectorTilt: 0,
      TableHeight: 150,
      ReconstructionDiameter: series.fieldMm,
      DataCollectionDiameter: 500,
      ConvolutionKernel: series.kernel,
      FilterType: "BODY",
      ProtocolName: series.description,
      ContrastBolusAgent: series.contrast ? "Iodinated contrast" : undefined,
      ContrastBolusRoute: series.contrast ? "IV" : undefined,
      RescaleIntercept: intercept,
      RescaleSlope: 1,
      RescaleType: "HU",
      WindowCenter: center,
      WindowWidth: width,
      WindowCenterWidthExplanation: names,
    },
  });
}
