import { code, dataSet } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { instanceFile } from "./instance.ts";
import { noiseSide, noiseTable } from "./random.ts";
import { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

const depthMm = 165;
const halfAngle = 0.68;
const frameTimeMs = 33.3;
/** Where the probe stands in the picture: this far below its upper edge. Millimetres. */
const topMm = 8;

/** Frames of the cine: one heart beat. */
function usFrames({ slices = 30 }: Plan): number {
  return slices;
}

/** An apical four-chamber view of the beating heart as one multi-frame image. */
export function* usFiles(plan: Plan): Generator<SimulatedFile> {
  const columns = plan.matrix ?? 640;
  const rows = Math.round(columns * 0.75);
  const frames = usFrames(plan);
  const pixels = new Uint8Array(columns * rows * frames);
  const scan = sector(columns, rows);
  for (let frame = 0; frame < frames; frame++) {
    pixels.set(echoFrame(scan, frame / frames, plan.prior ? 0.24 : 0.15), frame * columns * rows);
  }
  yield cineFile(plan, scan, frames, pixels);
}

/** For each pixel of the fan: how deep it lies and where its speckle is found; -1 outside. */
type Sector = { columns: number; rows: number; pixelMm: number; speckleAt: Int32Array; depth: Float32Array };

/** The geometry of the fan, worked out once for all frames. */
function sector(columns: number, rows: number): Sector {
  const pixelMm = (depthMm + 2 * topMm) / rows;
  const speckleAt = new Int32Array(columns * rows).fill(-1);
  const depth = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = (column - columns / 2) * pixelMm;
      const y = row * pixelMm - topMm + 12;
      const r = Math.hypot(x, y);
      const angle = Math.atan2(x, y);
      if (Math.abs(angle) > halfAngle || r < 13 || r > depthMm) continue;
      const i = row * columns + column;
      depth[i] = r / depthMm;
      // Speckle is fine along the beam and smeared across it, more so in the depth.
      const along = Math.floor(r * 2.2);
      const across = Math.floor((angle + 1) * 150);
      speckleAt[i] = (along % noiseSide) * noiseSide + (across % noiseSide);
    }
  }
  return { columns, rows, pixelMm, speckleAt, depth };
}

/** Log compression as scanners do it: grey by 1/1024 of an echo. */
const greyMap = Uint8Array.from({ length: 1280 }, (_, step) =>
  Math.min(255, Math.round((255 * Math.log1p(14 * Math.max(0, step / 1024 - 0.012))) / Math.log1p(14))),
);

/**
 * One frame, 8 bits.
 * @param phase of the beat, 0 to 1; 0 is the end of filling.
 * @param squeeze how much the ventricle shortens: 0.24 is healthy, 0.15 is weak.
 */
function echoFrame(scan: Sector, phase: number, squeeze: number): Uint8Array {
  const { columns, rows, pixelMm, speckleAt, depth } = scan;
  const tissue = new Raster(columns, rows, pixelMm, 0.2);
  heart(tissue, phase, squeeze);
  tissue.soften(2);
  const speckle = noiseTable(2);
  const shimmer = noiseTable(1);
  const shift = Math.floor(phase * 30) * 97 * noiseSide;
  const out = new Uint8Array(columns * rows);
  for (let i = 0; i < out.length; i++) {
    const at = speckleAt[i] as number;
    if (at < 0) continue;
    const grain = Math.abs(0.8 * (speckle[at] as number) + 0.45 * (shimmer[(at + shift) % shimmer.length] as number));
    const echo = (tissue.data[i] as number) * (0.35 + 0.8 * grain) * (1.08 - 0.42 * (depth[i] as number));
    out[i] = greyMap[Math.min(greyMap.length - 1, Math.max(0, Math.floor(echo * 1024)))] as number;
  }
  return out;
}

function heart(image: Raster, phase: number, squeeze: number): void {
  const beat = 0.5 - 0.5 * Math.cos(2 * Math.PI * phase);
  const s = 1 - squeeze * beat;
  const filling = 1 + 0.16 * beat;
  const muscle = 0.3;
  const blood = 0.02;
  const y = (mm: number): number => mm - (image.rows * image.pixelMm) / 2 + topMm;
  // Pericardium, bright; muscle; the four chambers; valves.
  image.ellipse({ x: 0, y: y(82), rx: 56, ry: 68 }, 0.85);
  image.ellipse({ x: 0, y: y(82), rx: 54, ry: 66 }, muscle);
  image.ellipse({ x: 21, y: y(70 + 4 * beat), rx: 22 * s, ry: 40 * s, angle: 0.1 }, 0.7);
  image.ellipse({ x: 21, y: y(70 + 4 * beat), rx: 20.6 * s, ry: 38.6 * s, angle: 0.1 }, blood);
  image.ellipse({ x: -25, y: y(72 + 3 * beat), rx: 17 * s, ry: 32 * s, angle: -0.22 }, 0.62);
  image.ellipse({ x: -25, y: y(72 + 3 * beat), rx: 15.8 * s, ry: 30.8 * s, angle: -0.22 }, blood);
  image.ellipse({ x: 25, y: y(124), rx: 23 * filling, ry: 18 * filling }, blood);
  image.ellipse({ x: -24, y: y(124), rx: 21 * filling, ry: 17 * filling }, blood);
  image.ellipse({ x: 1, y: y(122), rx: 1.8, ry: 20 }, 0.6); // atrial septum
  image.ellipse({ x: 0, y: y(64), rx: 5.5, ry: 40, angle: -0.03 }, 0.52, [0, 0.3]); // ventricular septum
  const open = phase < 0.12 || phase > 0.55 ? 0.95 : 0.12;
  for (const [middle, half] of [
    [23, 17],
    [-25, 14],
  ] as const) {
    for (const side of [-1, 1]) {
      const lean = side * (0.15 + open);
      const reach = half * 0.55;
      const hinge = { x: middle + side * half, y: y(106 + 4 * beat) };
      const leaflet = { x: hinge.x - side * Math.cos(lean) * reach, y: hinge.y - Math.abs(Math.sin(lean)) * reach };
      image.ellipse({ ...leaflet, rx: reach, ry: 1.5, angle: side * Math.abs(lean) }, 0.95);
      image.ellipse({ ...hinge, rx: 3, ry: 2.4 }, 0.9);
    }
  }
  for (const side of [-1, 1]) image.ellipse({ x: side * 66, y: y(60), rx: 8, ry: 60, angle: side * -0.45 }, 0.06); // lung shadows
}

function cineFile(plan: Plan, scan: Sector, frames: number, pixels: Uint8Array): SimulatedFile {
  const { columns, rows, pixelMm } = scan;
  const region = dataSet({
    PhysicalUnitsXDirection: 3,
    PhysicalUnitsYDirection: 3,
    PhysicalDeltaX: pixelMm / 10,
    PhysicalDeltaY: pixelMm / 10,
    RegionSpatialFormat: 1,
    RegionDataType: 1,
    RegionFlags: 0,
    RegionLocationMinX0: 0,
    RegionLocationMinY0: 0,
    RegionLocationMaxX1: columns - 1,
    RegionLocationMaxY1: rows - 1,
    ReferencePixelX0: Math.floor(columns / 2),
    ReferencePixelY0: 0,
    ReferencePixelPhysicalValueX: 0,
    ReferencePixelPhysicalValueY: 0,
  });
  return instanceFile(plan, {
    sopClassUid: SOP.usMultiFrame,
    modality: "US",
    seriesNumber: 1,
    seriesDescription: "Apical four chamber",
    instanceNumber: 1,
    rows,
    columns,
    frames,
    bitsAllocated: 8,
    bitsStored: 8,
    pixels,
    extra: {
      ImageType: ["ORIGINAL", "PRIMARY", "TTE", "0001"],
      BodyPartExamined: "HEART",
      AnatomicRegionSequence: [code("80891009", "SCT", "Heart")],
      PatientOrientation: null,
      FrameTime: frameTimeMs,
      FrameIncrementPointer: { vr: "AT", Value: [Tag.FrameTime] },
      CineRate: 30,
      RecommendedDisplayFrameRate: 30,
      HeartRate: Math.round(60_000 / (frameTimeMs * Math.max(frames, 20))),
      TransducerType: "SECTOR_PHASED",
      UltrasoundColorDataPresent: 0,
      LossyImageCompression: "00",
      BurnedInAnnotation: "NO",
      SequenceOfUltrasoundRegions: [region],
    },
  });
}
