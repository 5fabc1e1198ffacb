import { code } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { type HeadModel, headFieldMm, headModel, headTissue, plaque } from "./head-ct.ts";
import { instanceFile, simulatedUid } from "./instance.ts";
import { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

const thicknessMm = 5;
/** The stack's first slice, below the vertex. Millimetres. */
const firstMm = 14;
const lastMm = 132;

type Weighting = {
  name: "T1" | "T2";
  seriesNumber: number;
  repetitionMs: number;
  echoMs: number;
  /** Signal by tissue. */
  signal: {
    air: number;
    fat: number;
    fluid: number;
    plaque: number;
    white: number;
    grey: number;
    dura: number;
    marrow: number;
    bone: number;
  };
  window: readonly [number, number];
};
const weightings: readonly Weighting[] = [
  {
    name: "T1",
    seriesNumber: 2,
    repetitionMs: 520,
    echoMs: 11,
    signal: { air: 6, fat: 1000, fluid: 190, plaque: 430, white: 720, grey: 540, dura: 400, marrow: 640, bone: 50 },
    window: [470, 900],
  },
  {
    name: "T2",
    seriesNumber: 3,
    repetitionMs: 4200,
    echoMs: 98,
    signal: { air: 6, fat: 640, fluid: 1150, plaque: 900, white: 380, grey: 540, dura: 120, marrow: 420, bone: 30 },
    window: [560, 1150],
  },
];

/** Slices in each of the two series. */
export function mrSlices({ slices = 22 }: Plan): number {
  return slices;
}

/** An axial T1 and an axial T2 series in one frame of reference. */
export function* mrFiles(plan: Plan): Generator<SimulatedFile> {
  const model = headModel(plan.patient.id, 0, plan.prior ? 6 : 13);
  const count = mrSlices(plan);
  const spacing = Number(Math.min(6, (lastMm - firstMm) / Math.max(1, count - 1)).toFixed(3));
  const top = (firstMm + lastMm - spacing * (count - 1)) / 2;
  const matrix = plan.matrix ?? 256;
  for (const weighting of weightings) {
    for (let index = 0; index < count; index++) {
      const image = mrSlice(model, weighting, top + index * spacing, matrix, index);
      yield sliceFile(plan, weighting, image, index, spacing);
    }
  }
}

/** One slice in arbitrary signal units, 0 to about 1300. */
function mrSlice(model: HeadModel, weighting: Weighting, mm: number, matrix: number, index: number): Raster {
  const tissue = headTissue(model, mm, matrix);
  const image = new Raster(matrix, matrix, headFieldMm / matrix);
  const { signal } = weighting;
  for (let i = 0; i < image.data.length; i++) image.data[i] = signalOf(tissue.data[i] ?? 0, signal);
  image.soften(1);
  // The coil is nearer to the rim than to the middle.
  for (let row = 0; row < matrix; row++) {
    for (let column = 0; column < matrix; column++) {
      const away = Math.hypot(row - matrix / 2, column - matrix / 2) / matrix;
      image.data[row * matrix + column] = (image.data[row * matrix + column] ?? 0) * (0.9 + 0.35 * away * away);
    }
  }
  image.noise(16, 0, index + weighting.seriesNumber * 57);
  // A magnitude image has no negative signal.
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.abs(image.data[i] ?? 0);
  return image;
}

function signalOf(hu: number, signal: Weighting["signal"]): number {
  if (hu < -300) return signal.air;
  if (hu < -20) return signal.fat;
  if (hu <= 16) return signal.fluid;
  if (hu === plaque) return signal.plaque;
  if (hu < 31) return signal.white;
  if (hu <= 46) return signal.grey;
  if (hu < 120) return signal.dura;
  return hu > 450 && hu < 760 ? signal.marrow : signal.bone;
}

function sliceFile(plan: Plan, weighting: Weighting, image: Raster, index: number, spacing: number): SimulatedFile {
  const { columns, rows, pixelMm } = image;
  const corner = -(headFieldMm - pixelMm) / 2;
  const z = Number((70 - index * spacing).toFixed(3));
  return instanceFile(plan, {
    sopClassUid: SOP.mr,
    modality: "MR",
    seriesNumber: weighting.seriesNumber,
    seriesDescription: `Brain ${weighting.name} axial`,
    instanceNumber: index + 1,
    rows,
    columns,
    bitsAllocated: 16,
    bitsStored: 12,
    pixels: image.toUint16(0, 4095),
    extra: {
      ImageType: ["ORIGINAL", "PRIMARY", "OTHER"],
      BodyPartExamined: "BRAIN",
      AnatomicRegionSequence: [code("12738006", "SCT", "Brain")],
      PatientPosition: "HFS",
      FrameOfReferenceUID: simulatedUid(plan, "frame of reference"),
      PositionReferenceIndicator: null,
      AcquisitionNumber: 1,
      ScanningSequence: "SE",
      SequenceVariant: "NONE",
      ScanOptions: null,
      MRAcquisitionType: "2D",
      SequenceName: weighting.name === "T1" ? "se2d1" : "tse2d1_15",
      RepetitionTime: weighting.repetitionMs,
      EchoTime: weighting.echoMs,
      EchoTrainLength: weighting.name === "T1" ? 1 : 15,
      EchoNumbers: 1,
      NumberOfAverages: 1,
      ImagingFrequency: 63.86,
      ImagedNucleus: "1H",
      MagneticFieldStrength: 1.5,
      FlipAngle: weighting.name === "T1" ? 90 : 150,
      PercentSampling: 100,
      PercentPhaseFieldOfView: 100,
      PixelBandwidth: 130,
      ReceiveCoilName: "HEAD",
      ImagePositionPatient: [corner, corner, z],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      PixelSpacing: [pixelMm, pixelMm],
      SliceThickness: Math.min(thicknessMm, spacing),
      SpacingBetweenSlices: spacing,
      SliceLocation: z,
      WindowCenter: weighting.window[0],
      WindowWidth: weighting.window[1],
    },
  });
}
