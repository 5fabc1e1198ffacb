import { code } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { digitalXRay } from "./digital-x-ray.ts";
import { noiseSide, noiseTable, randomFrom } from "./random.ts";
import { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

/** Width of the detector. Millimetres. */
const detectorMm = 190;

/** The four views of a screening examination. */
export const mgViews: readonly MgView[] = [
  { side: "R", view: "CC", orientation: ["P", "L"], viewCode: ["399162004", "SCT", "cranio-caudal"] },
  { side: "L", view: "CC", orientation: ["A", "R"], viewCode: ["399162004", "SCT", "cranio-caudal"] },
  { side: "R", view: "MLO", orientation: ["P", "FL"], viewCode: ["399368009", "SCT", "medio-lateral oblique"] },
  { side: "L", view: "MLO", orientation: ["A", "FR"], viewCode: ["399368009", "SCT", "medio-lateral oblique"] },
];
type MgView = {
  side: "L" | "R";
  view: "CC" | "MLO";
  /** Patient Orientation (0020,0020). */
  orientation: readonly [string, string];
  viewCode: readonly [value: string, scheme: string, meaning: string];
};

/** Four views, one series each. */
export function* mgFiles(plan: Plan): Generator<SimulatedFile> {
  for (const [index, view] of mgViews.entries()) yield viewFile(plan, view, index + 1);
}

/**
 * A breast under compression, in arbitrary units: air 0, fat about 900, gland about 2000, calcification above.
 *
 * The chest wall lies at the left edge for a left breast and at the right edge for a right one.
 *
 * @param mass radius of the mass in the left breast, 0 for none. Millimetres.
 */
function breast({ side, view }: MgView, seed: string, mass: number, matrix: number): Raster {
  const random = randomFrom(`breast ${seed} ${side} ${view}`);
  const rows = Math.round(matrix * 1.28);
  const image = new Raster(matrix, rows, detectorMm / matrix);
  const wall = -detectorMm / 2;
  const long = 108; // from chest wall to nipple
  const middle = view === "MLO" ? 26 : 0;
  const outline = { x: wall, y: middle, rx: long, ry: 96 };
  image.ellipsoid(outline, 900, 0.18);
  if (view === "MLO") {
    // The axilla is part of the same outline, not a second layer.
    const axilla = new Raster(matrix, rows, detectorMm / matrix);
    axilla.ellipsoid({ x: wall, y: -60, rx: 84, ry: 110 }, 860, 0.16);
    for (let i = 0; i < axilla.data.length; i++)
      image.data[i] = Math.max(image.data[i] as number, axilla.data[i] as number);
  }
  const skin = Float32Array.from(image.data);
  glands(image, random, wall, long, middle, Math.floor(random() * noiseSide));
  for (let duct = 0; duct < 11; duct++) {
    const turn = (duct - 5) * 0.14;
    const points: [number, number, number][] = [];
    for (let t = 0; t <= 1; t += 0.2) {
      points.push([
        wall + long * (0.97 - 0.62 * t),
        middle + 95 * t * Math.sin(turn) + 5 * (random() - 0.5),
        0.7 + 0.8 * t,
      ]);
    }
    image.tube(points, (disc) => image.ellipsoid(disc, 26, 1));
  }
  image.ellipsoid({ x: wall + long, y: middle, rx: 6, ry: 5 }, 900, 0.3); // nipple
  if (view === "MLO") pectoral(image, wall);
  if (side === "L" && mass > 0) tumour(image, random, wall + 52, middle - 24, mass);
  for (let spot = 0; spot < 3; spot++) {
    image.ellipse({ x: wall + 25 + random() * 50, y: middle + (random() - 0.5) * 90, rx: 0.5, ry: 0.5 }, 3000);
  }
  // The skin: a brighter line along the border of what was there before the glands.
  for (let i = 0; i < skin.length; i++) if ((skin[i] as number) <= 0) image.data[i] = 0;
  image.soften(2);
  if (side === "R") mirror(image);
  marker(image, side, view);
  return image;
}

/** Fibroglandular tissue: clouds on several scales, thickest behind the nipple. */
function glands(image: Raster, random: () => number, wall: number, long: number, middle: number, corner: number): void {
  const table = noiseTable(2);
  const { columns, data, pixelMm } = image;
  const turn = 0.15 * (random() - 0.5);
  const disc = { x: wall + long * 0.5, y: middle - 4, rx: long * 0.46, ry: 68, angle: turn };
  image.spans(disc, (from, to, inside) => {
    for (let i = from; i <= to; i++) {
      const row = Math.floor(i / columns);
      const x = (i - row * columns) * pixelMm;
      const y = row * pixelMm;
      let cloud = 0;
      for (const [scale, weight] of scales)
        cloud += weight * smoothNoise(table, corner + x / scale, corner + y / (scale * 0.7));
      const thick = Math.min(1, inside(i) * 1.7);
      data[i] = (data[i] as number) + 620 * thick * Math.max(0, 0.42 + 0.6 * cloud);
    }
  });
}

const scales = [
  [11, 0.62],
  [4.6, 0.42],
  [1.9, 0.3],
  [0.8, 0.16],
] as const;

function smoothNoise(table: Float32Array, x: number, y: number): number {
  const mask = noiseSide - 1;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const at = (column: number, row: number): number => table[(row & mask) * noiseSide + (column & mask)] as number;
  const top = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
  const bottom = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
  return top * (1 - fy) + bottom * fy;
}

/** The pectoral muscle of an oblique view: a bright wedge from the upper corner. */
function pectoral(image: Raster, wall: number): void {
  const top = -(image.rows * image.pixelMm) / 2;
  const { data, columns, rows, pixelMm } = image;
  for (let row = 0; row < rows; row++) {
    const reach = 62 * (1 - (row * pixelMm) / 150) + 3 * Math.sin(row * pixelMm * 0.045);
    const last = Math.min(columns - 1, Math.floor(reach / pixelMm));
    for (let column = 0; column <= last; column++) {
      const i = row * columns + column;
      if ((data[i] as number) > 0) data[i] = (data[i] as number) * 0.45 + 1150;
    }
  }
  image.ellipsoid({ x: wall + 30, y: top + 46, rx: 8, ry: 5, angle: 0.6 }, 420, 0.4); // axillary node
}

function tumour(image: Raster, random: () => number, x: number, y: number, r: number): void {
  image.ellipsoid({ x, y, rx: r, ry: r * 0.9 }, 900, 0.5);
  for (let spike = 0; spike < 22; spike++) {
    const angle = random() * 2 * Math.PI;
    const reach = r * (1 + random() * 0.9);
    const start = [x + Math.cos(angle) * r * 0.6, y + Math.sin(angle) * r * 0.6, 0.9] as const;
    const end = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach, 0.3] as const;
    image.tube([start, end], (disc) => image.ellipsoid(disc, 110, 1));
  }
  for (let spot = 0; spot < 14; spot++) {
    const size = 0.2 + random() * 0.25;
    image.ellipse(
      { x: x + (random() - 0.5) * r * 1.8, y: y + (random() - 0.5) * r * 1.8, rx: size, ry: size * 0.7 },
      3300,
    );
  }
}

function mirror(image: Raster): void {
  for (let row = 0; row < image.rows; row++)
    image.data.subarray(row * image.columns, (row + 1) * image.columns).reverse();
}

const letters: Readonly<Record<string, readonly string[]>> = {
  R: ["###.", "#..#", "###.", "#.#.", "#..#"],
  L: ["#...", "#...", "#...", "#...", "####"],
  C: ["####", "#...", "#...", "#...", "####"],
  M: ["#..#", "####", "####", "#..#", "#..#"],
  O: ["####", "#..#", "#..#", "#..#", "####"],
};

/** Side and view in lead letters, away from the chest wall. */
function marker(image: Raster, side: "L" | "R", view: string): void {
  const text = side + view;
  const left = side === "L" ? detectorMm / 2 - 8 - text.length * 8 : -detectorMm / 2 + 8;
  const top = -(image.rows * image.pixelMm) / 2 + 10;
  for (const [index, letter] of [...text].entries()) {
    for (const [row, dots] of (letters[letter] ?? []).entries()) {
      for (const [column, dot] of [...dots].entries()) {
        if (dot === "#")
          image.ellipse({ x: left + index * 8 + column * 1.4, y: top + row * 1.4, rx: 0.9, ry: 0.9 }, 3400);
      }
    }
  }
}

function viewFile(plan: Plan, view: MgView, seriesNumber: number): SimulatedFile {
  const image = breast(view, plan.patient.id, plan.prior ? 4 : 8.5, plan.matrix ?? 1024);
  image.noise(22, 0, seriesNumber);
  return digitalXRay(plan, image, {
    sopClassUid: SOP.mgForPresentation,
    modality: "MG",
    seriesNumber,
    seriesDescription: `${view.side} ${view.view}`,
    extra: {
      BodyPartExamined: "BREAST",
      AnatomicRegionSequence: [code("76752008", "SCT", "Breast")],
      ImageLaterality: view.side,
      ViewPosition: view.view,
      ViewCodeSequence: [{ ...code(...view.viewCode), [Tag.ViewModifierCodeSequence]: { vr: "SQ", Value: [] } }],
      PatientOrientation: [...view.orientation],
      OrganExposed: "BREAST",
      BreastImplantPresent: "NO",
      PositionerType: "MAMMOGRAPHIC",
      PositionerPrimaryAngle: view.view === "MLO" ? 45 : 0,
      KVP: 29,
      AnodeTargetMaterial: "TUNGSTEN",
      FilterMaterial: "RHODIUM",
      BodyPartThickness: 54,
      CompressionForce: 110,
      ExposureTime: 900,
      XRayTubeCurrent: 90,
      Exposure: 81,
      OrganDose: 0.012,
      EntranceDoseInmGy: 5.1,
      WindowCenter: 1500,
      WindowWidth: 2600,
    },
  });
}
