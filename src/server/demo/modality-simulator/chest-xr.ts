import { code } from "@overread/shared/dicom/build";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { digitalXRay } from "./digital-x-ray.ts";
import { type Random, randomFrom } from "./random.ts";
import { Raster } from "./raster.ts";
import type { Plan, SimulatedFile } from "./study.ts";

/** Width of the detector. Millimetres. */
const detectorMm = 420;
type Point = readonly [x: number, y: number, radius: number];

/** The two views of a chest. */
export const xrViews = ["PA", "LL"] as const;
type View = (typeof xrViews)[number];

/** A PA and a left lateral view, one series each. */
export function* xrFiles(plan: Plan): Generator<SimulatedFile> {
  for (const [index, view] of xrViews.entries()) yield viewFile(plan, view, index + 1);
}

/**
 * What the rays of a chest radiograph lose on their way, in arbitrary units: air outside 0, lung about 500,
 * mediastinum about 1500.
 *
 * @param infiltrate how much of the right lower lobe is filled, 0 to 1.
 */
function chestProjection(view: View, seed: string, infiltrate: number, matrix: number): Raster {
  const random = randomFrom(`chest film ${seed} ${view}`);
  const image = new Raster(matrix, Math.round(matrix * 1.17), detectorMm / matrix);
  if (view === "PA") frontal(image, random, infiltrate);
  else lateral(image, random, infiltrate);
  image.soften(Math.max(2, Math.round(matrix / 160)));
  // Film and detector processing press the dense parts together.
  for (let i = 0; i < image.data.length; i++) image.data[i] = 3000 * (1 - Math.exp(-(image.data[i] as number) / 1500));
  marker(image, -176, -205, view === "PA" ? "R" : "L");
  return image;
}

/** The outline of the body at heights: left and right border, and how thick it is. Millimetres, amount. */
type Outline = readonly (readonly [y: number, left: number, right: number, amount: number])[];

/** Adds a body: full in the middle of each row, thinner towards its borders. */
function addBody(image: Raster, outline: Outline): void {
  const { columns, rows, data } = image;
  for (let row = 0; row < rows; row++) {
    const y = (row - (rows - 1) / 2) * image.pixelMm;
    const below = Math.max(
      1,
      outline.findIndex(([height]) => height >= y),
    );
    const upper = outline[below - 1] ?? [0, 0, 0, 0];
    const lower = outline[below] ?? upper;
    const share = Math.max(0, Math.min(1, (y - upper[0]) / (lower[0] - upper[0] || 1)));
    const t = share * share * (3 - 2 * share);
    const left = upper[1] + (lower[1] - upper[1]) * t;
    const right = upper[2] + (lower[2] - upper[2]) * t;
    const amount = upper[3] + (lower[3] - upper[3]) * t;
    for (let column = 0; column < columns; column++) {
      const x = (column - (columns - 1) / 2) * image.pixelMm;
      const off = (2 * x - left - right) / (right - left);
      if (Math.abs(off) < 1)
        data[row * columns + column] = (data[row * columns + column] as number) + amount * (1 - off * off) ** 0.28;
    }
  }
}

/**
 * Adds the thickest of overlapping discs along ways: a rib is a tube, not a heap.
 * @param thickness of a disc at a depth inside it (1 in the middle, 0 at the rim).
 * @param sign -1 takes away: air.
 */
function addThickest(
  image: Raster,
  ways: readonly (readonly Point[])[],
  thickness: (depth: number, radius: number) => number,
  sign = 1,
): void {
  const { data, columns } = image;
  const layer = new Float32Array(data.length);
  let first = data.length;
  let last = 0;
  for (const way of ways) {
    image.tube(way, (disc) =>
      image.spans(disc, (from, to, inside) => {
        first = Math.min(first, from - (from % columns));
        last = Math.max(last, to);
        for (let i = from; i <= to; i++) layer[i] = Math.max(layer[i] as number, thickness(inside(i), disc.rx));
      }),
    );
  }
  for (let i = first; i <= last; i++) data[i] = (data[i] as number) + sign * (layer[i] as number);
}

/** Adds a solid tube or, brightest just inside its border as cortical bone is, a shell. */
function addTube(image: Raster, points: readonly Point[], amount: number, shell: boolean): void {
  const sign = Math.sign(amount);
  const size = Math.abs(amount);
  const solid = (depth: number): number => size * Math.sqrt(depth);
  const bone = (depth: number): number => size * (depth < 0.45 ? 0.55 + depth : 0.82);
  addThickest(image, [points], shell ? bone : solid, sign);
}

/** Scales what is inside a smooth outline: 1 keeps, 0.4 is lung. The border is as soft as `sharpness` says. */
function thin(
  image: Raster,
  shape: { x: number; y: number; rx: number; ry: number; angle?: number },
  keep: number,
): void {
  image.spans(shape, (from, to, inside) => {
    for (let i = from; i <= to; i++) {
      const edge = Math.min(1, inside(i) * 5);
      image.data[i] = (image.data[i] as number) * (1 - (1 - keep) * edge);
    }
  });
}

function frontal(image: Raster, random: Random, infiltrate: number): void {
  addBody(image, [
    [-250, -58, 58, 780],
    [-200, -64, 64, 800],
    [-172, -120, 120, 760],
    [-140, -235, 235, 780],
    [-70, -228, 228, 880],
    [-20, -182, 182, 1080],
    [60, -172, 172, 1150],
    [250, -180, 180, 1250],
  ]);
  // Lungs: the right one a little wider and higher at its base.
  const lungs = [
    { x: -72, y: -10, rx: 66, ry: 150, angle: 0.1 },
    { x: 76, y: -6, rx: 62, ry: 152, angle: -0.1 },
  ];
  const whole = Float32Array.from(image.data);
  for (const lung of lungs) thin(image, lung, 0.42);
  for (const lung of lungs) thin(image, { ...lung, y: lung.y + 62, rx: lung.rx * 0.98, ry: 96, angle: 0 }, 0.9);
  // Below each dome the body is whole again.
  diaphragm(image, whole, { x: -80, y: 172, rx: 84, ry: 82 });
  diaphragm(image, whole, { x: 84, y: 188, rx: 80, ry: 84 });
  if (infiltrate > 0) patch(image, random, -84, 48, 36 * infiltrate);
  lungMarkings(image, random, [-26, -8], -1);
  lungMarkings(image, random, [28, -16], 1);
  // Spine, heart, aortic knob, hila, trachea.
  image.ellipsoid({ x: 0, y: 30, rx: 24, ry: 330 }, 430, 0.35);
  for (let level = -8; level < 11; level++) {
    image.ellipsoid({ x: 0, y: level * 25, rx: 19, ry: 9.5 }, 85, 0.2);
    image.ellipsoid({ x: 0, y: level * 25 + 4, rx: 3.5, ry: 7 }, 60, 0.3);
  }
  image.ellipsoid({ x: 4, y: -60, rx: 34, ry: 96 }, 380, 0.6);
  image.ellipsoid({ x: 24, y: 68, rx: 76, ry: 56, angle: 0.5 }, 760, 0.42);
  image.ellipsoid({ x: -22, y: 62, rx: 34, ry: 50 }, 330, 0.45);
  image.ellipsoid({ x: 27, y: -52, rx: 19, ry: 20 }, 300, 0.5);
  image.ellipsoid({ x: 30, y: 10, rx: 14, ry: 34 }, 190, 0.5);
  for (const side of [-1, 1]) image.ellipsoid({ x: side * 36, y: -4, rx: 17, ry: 26, angle: side * 0.4 }, 210, 0.6);
  addTube(
    image,
    [
      [1, -235, 9],
      [0, -110, 8.5],
      [-2, -40, 8.5],
    ],
    -330,
    false,
  );
  addTube(
    image,
    [
      [-2, -40, 7],
      [-30, -6, 5.5],
    ],
    -190,
    false,
  );
  addTube(
    image,
    [
      [-2, -40, 7],
      [36, -10, 5],
    ],
    -190,
    false,
  );
  bones(image);
  image.ellipsoid({ x: 78, y: 138, rx: 26, ry: 15, angle: 0.1 }, -330, 0.6); // gas of the stomach
}

function diaphragm(image: Raster, whole: Float32Array, dome: { x: number; y: number; rx: number; ry: number }): void {
  image.spans(dome, (from, to, inside) => {
    for (let i = from; i <= to; i++) {
      const edge = Math.min(1, inside(i) * 9);
      const here = image.data[i] as number;
      image.data[i] = here + ((whole[i] as number) * 1.12 - here) * edge;
    }
  });
  // Everything under the middle of the dome.
  const left = Math.max(0, Math.round(image.column(dome.x - dome.rx)));
  const right = Math.min(image.columns - 1, Math.round(image.column(dome.x + dome.rx)));
  for (let row = Math.round(image.row(dome.y)); row < image.rows; row++) {
    for (let column = left; column <= right; column++) {
      const i = row * image.columns + column;
      image.data[i] = Math.max(image.data[i] as number, (whole[i] as number) * 1.12);
    }
  }
}

/** Vessels from a hilum outwards, thinner at every fork. */
function lungMarkings(image: Raster, random: Random, [x, y]: readonly [number, number], side: number): void {
  const vessels: Vessel[] = [];
  const walk = (from: Point, direction: number, depth: number): void => {
    const length = (30 + 14 * random()) * 0.86 ** (5 - depth);
    const to: Point = [from[0] + Math.cos(direction) * length, from[1] + Math.sin(direction) * length, from[2] * 0.72];
    vessels.push([from, to]);
    if (depth === 0) return;
    walk(to, direction + 0.22 + random() * 0.35, depth - 1);
    walk(to, direction - 0.22 - random() * 0.35, depth - 1);
  };
  for (const turn of [-1.25, -0.85, -0.4, 0, 0.35, 0.75, 1.1, 1.4]) {
    walk([x + side * 6, y + 14 * turn, 3.4], side > 0 ? turn : Math.PI - turn, 4);
  }
  addVessels(image, vessels);
}

type Vessel = readonly [Point, Point];

/** Adds vessels, the thickest of those that overlap. */
function addVessels(image: Raster, vessels: readonly Vessel[]): void {
  addThickest(image, vessels, (depth, radius) => (30 + 42 * radius) * Math.sqrt(depth));
}

function bones(image: Raster): void {
  for (const side of [-1, 1]) {
    for (let rib = 0; rib < 10; rib++) {
      const top = -168 + rib * 27;
      const reach = 62 + 62 * Math.sin(Math.min(1.5, 0.32 + rib * 0.21));
      const back: Point[] = [];
      for (let t = 0; t <= 1.001; t += 0.1) {
        back.push([side * (20 + (reach - 20) * Math.sin(t * 1.57)), top + 44 * t * t + (rib < 2 ? -6 : 0), 4.6]);
      }
      addTube(image, back, 150, true);
      if (rib < 1 || rib > 7) continue;
      // The front of the rib runs on, down and inwards, and fades into cartilage.
      const front: Point[] = [];
      for (let t = 0; t <= 1.001; t += 0.1) {
        const x = reach * Math.cos(t * 0.95);
        front.push([side * x, top + 44 + 64 * Math.sin(t * 1.2), 5.2]);
      }
      addTube(image, front, 95, true);
    }
    // Clavicle, scapula, head of the humerus.
    addTube(
      image,
      [
        [side * 14, -128, 7],
        [side * 60, -140, 5.4],
        [side * 120, -162, 6.5],
      ],
      260,
      true,
    );
    addTube(
      image,
      [
        [side * 128, -150, 5],
        [side * 152, -60, 5],
        [side * 134, -20, 4],
      ],
      130,
      true,
    );
    image.ellipsoid({ x: side * 176, y: -140, rx: 26, ry: 30 }, 300, 0.4);
  }
}

function patch(image: Raster, random: Random, x: number, y: number, size: number): void {
  for (let spot = 0; spot < 60; spot++) {
    const angle = random() * 2 * Math.PI;
    const away = Math.sqrt(random()) * size;
    const r = 5 + random() * 13;
    image.ellipsoid(
      { x: x + Math.cos(angle) * away, y: y + Math.sin(angle) * away * 0.75, rx: r, ry: r * 0.8 },
      44 + random() * 34,
      1,
    );
  }
}

/** The technologist's lead letter: five by seven dots. */
function marker(image: Raster, x: number, y: number, letter: "R" | "L"): void {
  const rows =
    letter === "R"
      ? ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"]
      : ["#....", "#....", "#....", "#....", "#....", "#....", "#####"];
  for (const [row, dots] of rows.entries()) {
    for (const [column, dot] of [...dots].entries()) {
      if (dot === "#") image.ellipse({ x: x + column * 2.6, y: y + row * 2.6, rx: 1.9, ry: 1.9 }, 2600);
    }
  }
}

function lateral(image: Raster, random: Random, infiltrate: number): void {
  // Seen from the patient's left: front of the chest on the left of the picture.
  addBody(image, [
    [-250, -22, 84, 850],
    [-200, -34, 100, 900],
    [-150, -78, 134, 1300],
    [-60, -128, 146, 1400],
    [40, -142, 142, 1350],
    [140, -140, 128, 1400],
    [250, -134, 122, 1500],
  ]);
  const whole = Float32Array.from(image.data);
  thin(image, { x: 4, y: -8, rx: 108, ry: 158, angle: 0.08 }, 0.4);
  thin(image, { x: -62, y: -50, rx: 34, ry: 74, angle: 0.25 }, 0.78); // clear space behind the sternum
  thin(image, { x: 58, y: 60, rx: 40, ry: 84, angle: -0.1 }, 0.84); // and behind the heart
  diaphragm(image, whole, { x: -6, y: 196, rx: 118, ry: 92 });
  diaphragm(image, whole, { x: 14, y: 210, rx: 112, ry: 92 });
  if (infiltrate > 0) patch(image, random, 52, 66, 34 * infiltrate);
  const vessels: Vessel[] = [];
  for (const turn of [0, 0.8, 1.6, 2.4, 3.2, 4, 4.8, 5.5]) {
    const walk = (from: Point, direction: number, depth: number): void => {
      const length = 26 * 0.86 ** (4 - depth);
      const to: Point = [
        from[0] + Math.cos(direction) * length,
        from[1] + Math.sin(direction) * length,
        from[2] * 0.72,
      ];
      vessels.push([from, to]);
      if (depth === 0) return;
      walk(to, direction + 0.25 + random() * 0.3, depth - 1);
      walk(to, direction - 0.25 - random() * 0.3, depth - 1);
    };
    walk([6 + 7 * Math.cos(turn), -2 + 12 * Math.sin(turn), 3], turn, 3);
  }
  addVessels(image, vessels);
  image.ellipsoid({ x: -30, y: 66, rx: 62, ry: 56, angle: 0.35 }, 520, 0.45);
  image.ellipsoid({ x: 6, y: -2, rx: 20, ry: 22 }, 230, 0.6);
  addTube(
    image,
    [
      [-24, 10, 13],
      [-16, -52, 13],
      [20, -74, 13],
      [52, -40, 12],
      [62, 60, 11],
    ],
    120,
    false,
  );
  addTube(
    image,
    [
      [26, -215, 8.5],
      [12, -100, 8],
      [8, -34, 8],
    ],
    -300,
    false,
  );
  // Vertebrae grow clearer downwards, as the lung behind the heart does.
  for (let level = -7; level < 9; level++) {
    const y = level * 27;
    const x = 88 + 10 * Math.sin((level + 6) * 0.23) - (level < -4 ? (-4 - level) * 9 : 0);
    addTube(
      image,
      [
        [x - 9, y, 10.5],
        [x + 9, y, 10.5],
      ],
      260,
      true,
    );
    addTube(
      image,
      [
        [x + 22, y + 4, 4],
        [x + 40, y + 18, 4],
      ],
      150,
      true,
    );
  }
  for (let rib = 0; rib < 10; rib++) {
    for (const shift of [0, 9]) {
      const y = -150 + rib * 27 + shift;
      addTube(
        image,
        [
          [104 + shift, y - 12, 3.6],
          [60, y + 22, 3.6],
          [0, y + 52, 3.4],
        ],
        70,
        true,
      );
    }
  }
  addTube(
    image,
    [
      [-92, -100, 6],
      [-112, -40, 6],
      [-118, 60, 5],
    ],
    240,
    true,
  );
}

function viewFile(plan: Plan, view: View, seriesNumber: number): SimulatedFile {
  const image = chestProjection(view, plan.patient.id, plan.prior ? 0 : 1, plan.matrix ?? 1024);
  image.noise(9, 1, seriesNumber);
  const { pixelMm } = image;
  return digitalXRay(plan, image, {
    sopClassUid: SOP.dxForPresentation,
    modality: "DX",
    seriesNumber,
    seriesDescription: view === "PA" ? "Chest PA" : "Chest lateral",
    slope: 0.8,
    extra: {
      BodyPartExamined: "CHEST",
      AnatomicRegionSequence: [code("51185008", "SCT", "Chest")],
      ViewPosition: view,
      ViewCodeSequence: [
        view === "PA" ? code("399348003", "SCT", "postero-anterior") : code("399173006", "SCT", "left lateral"),
      ],
      PatientOrientation: view === "PA" ? ["L", "F"] : ["P", "F"],
      ImageLaterality: "U",
      PositionerType: "NONE",
      PixelSpacing: [pixelMm, pixelMm],
      PixelSpacingCalibrationType: "GEOMETRY",
      PixelSpacingCalibrationDescription: "Detector plane",
      KVP: 125,
      ExposureTime: 8,
      XRayTubeCurrent: 320,
      Exposure: 3,
      Grid: "FOCUSED",
      WindowCenter: 1800,
      WindowWidth: 3000,
    },
  });
}
