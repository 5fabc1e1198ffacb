import { randomFrom } from "./random.ts";
import { Raster } from "./raster.ts";

/** Field of view of the head. Millimetres. */
export const headFieldMm = 230;
/** From the vertex (0) to the skull base. Millimetres. */
export const headLengthMm = 140;

export type HeadModel = {
  bleed: number;
  lesions: readonly Ellipse3[];
  folds: readonly { angle: number; depth: number; width: number }[];
};

type Ellipse3 = { x: number; y: number; z: number; r: number };

/** What a plaque in the white matter is drawn with; HU, and the sign for it in MR. */
export const plaque = 18;

/**
 * A patient's head.
 * @param bleed size of the haemorrhage in the right basal ganglia, 0 for none, 1 for a large one.
 * @param plaques how many lesions lie in the white matter round the ventricles.
 */
export function headModel(seed: string, bleed: number, plaques = 0): HeadModel {
  const random = randomFrom(`head ${seed}`);
  const folds = Array.from({ length: 46 }, (_, i) => ({
    angle: ((i + random() * 0.7) / 46) * 2 * Math.PI,
    depth: 7 + random() * 9,
    width: 0.8 + random() * 0.9,
  }));
  const lesions = Array.from({ length: plaques }, (_, i) => ({
    x: (i % 2 === 0 ? -1 : 1) * (19 + random() * 22),
    y: -34 + random() * 68,
    z: 46 + random() * 26,
    r: 2.5 + random() * 4,
  }));
  return { bleed, lesions, folds };
}

/** How much of the head's largest outline is left at a height; the vertex closes like a dome. */
function girth(z: number): number {
  return Math.sqrt(Math.max(0, 1 - Math.max(0, (72 - z) / 78) ** 2.4));
}

/**
 * One axial slice of the head in HU, seen from the feet.
 * @param z millimetres below the vertex.
 */
export function headSlice(model: HeadModel, z: number, matrix: number): Raster {
  const image = headTissue(model, z, matrix);
  image.soften(2);
  return image;
}

/** The same slice with hard borders, each pixel one tissue: what MR takes its signal from. */
export function headTissue(model: HeadModel, z: number, matrix: number): Raster {
  const image = new Raster(matrix, matrix, headFieldMm / matrix, -1000);
  const size = girth(z);
  const low = Math.max(0, (z - 105) / 35); // 0 above the ears, 1 at the skull base
  const rx = 74 * size - 6 * low;
  const ry = 94 * size - 4 * low;
  // Head rest, scalp, outer and inner table with diploe between, then fluid.
  image.ellipse({ x: 0, y: 60, rx: 88, ry: 62 }, -700, [-1100, -900]);
  image.ellipse({ x: 0, y: 57, rx: 85, ry: 61 }, -1000, [-1100, -600]);
  image.ellipse({ x: 0, y: 0, rx: rx + 6, ry: ry + 6 }, -60);
  image.ellipse({ x: 0, y: 0, rx: rx + 3, ry: ry + 3 }, 40);
  if (low > 0) face(image, rx, ry, low);
  image.ellipse({ x: 0, y: 0, rx, ry }, 1150);
  image.ellipse({ x: 0, y: 0, rx: rx - 2.2, ry: ry - 2.2 }, 620);
  image.ellipse({ x: 0, y: 0, rx: rx - 4.4, ry: ry - 4.4 }, 1100);
  const inner = { x: 0, y: 0, rx: rx - 6.5, ry: ry - 6.5 };
  if (inner.rx > 3) {
    image.ellipse(inner, 8);
    brain(image, model, z, inner.rx, inner.ry);
    if (low > 0.15) skullBase(image, low, inner.ry);
  }
  return image;
}

function brain(image: Raster, model: HeadModel, z: number, rx: number, ry: number): void {
  const grey = 38;
  const white = 27;
  for (const side of [-1, 1])
    image.ellipse({ x: side * (rx * 0.5 + 0.4), y: 0, rx: rx * 0.52, ry: ry - 2 }, grey, [0, 20]);
  image.ellipse({ x: 0, y: 0, rx: rx - 2.5, ry: ry - 2.5 }, grey, [0, 20]);
  // White matter with tongues reaching into the folds, then the sulci of fluid between them.
  for (const side of [-1, 1])
    image.ellipse({ x: side * rx * 0.42, y: -2, rx: rx * 0.4, ry: ry * 0.74, angle: side * -0.06 }, white, [30, 45]);
  for (const { angle, depth, width } of model.folds) {
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    image.ellipse(
      { x: rx * 0.76 * cos, y: ry * 0.8 * sin, rx: depth * 0.8, ry: 3.2, angle: Math.atan2(ry * sin, rx * cos) + 0.25 },
      white,
      [30, 45],
    );
    const reach = 1 - (depth * 0.5) / rx;
    image.ellipse(
      {
        x: rx * reach * Math.cos(angle + 0.09),
        y: ry * reach * Math.sin(angle + 0.09),
        rx: depth * 0.62,
        ry: width,
        angle: Math.atan2(ry * sin, rx * cos) - 0.2,
      },
      12,
      [20, 45],
    );
  }
  if (z < 96) {
    image.ellipse({ x: 0, y: 0, rx: 1, ry: ry - 1 }, 12, [20, 45]); // interhemispheric fissure
    image.ellipse({ x: 0, y: -ry * 0.68, rx: 0.8, ry: ry * 0.3 }, 62); // falx
    image.ellipse({ x: 0, y: ry * 0.68, rx: 0.8, ry: ry * 0.3 }, 62);
    image.ellipse({ x: 0, y: ry - 3, rx: 4, ry: 3.2 }, 58); // sagittal sinus
  }
  if (z > 40 && z < 92) ventricles(image, z);
  if (z > 66 && z < 100) deepNuclei(image);
  if (z >= 92) posteriorFossa(image, z, rx, ry);
  if (model.bleed > 0) bleed(image, model.bleed, z);
  for (const { x, y, z: middle, r } of model.lesions) {
    const here = Math.sqrt(Math.max(0, r * r - (z - middle) ** 2));
    image.ellipse({ x, y, rx: here * 1.3, ry: here * 0.8, angle: x * 0.1 }, plaque, [20, 45]);
  }
}

function ventricles(image: Raster, z: number): void {
  const fluid = 6;
  const body = Math.sin((Math.PI * (z - 40)) / 52) ** 0.5;
  for (const side of [-1, 1]) {
    image.ellipse({ x: side * 10, y: -22, rx: 4.2 * body, ry: 15 * body, angle: side * -0.38 }, fluid);
    if (z < 66) image.ellipse({ x: side * 10, y: 2, rx: 4.4 * body, ry: 25 * body, angle: side * 0.2 }, fluid);
    else image.ellipse({ x: side * 21, y: 28, rx: 5.2 * body, ry: 15 * body, angle: side * -0.5 }, fluid);
    if (z > 62) image.ellipse({ x: side * 20, y: 26, rx: 2, ry: 3.5, angle: side * -0.4 }, 95); // calcified plexus
  }
  if (z > 66) {
    image.ellipse({ x: 0, y: 2, rx: 1.8, ry: 10 }, fluid); // third ventricle
    image.ellipse({ x: 0, y: 19, rx: 2, ry: 2 }, 110); // calcified pineal
    image.ellipse({ x: 0, y: 27, rx: 6, ry: 4 }, 10);
  } else {
    image.ellipse({ x: 0, y: -6, rx: 1, ry: 18 }, 30); // septum
  }
}

function deepNuclei(image: Raster): void {
  for (const side of [-1, 1]) {
    image.ellipse({ x: side * 9, y: 8, rx: 7, ry: 11, angle: side * -0.2 }, 37, [20, 45]); // thalamus
    image.ellipse({ x: side * 25, y: -8, rx: 6, ry: 15, angle: side * -0.12 }, 38, [20, 45]); // lentiform nucleus
    image.ellipse({ x: side * 15, y: -21, rx: 3.4, ry: 7.5, angle: side * -0.4 }, 38, [20, 45]); // caudate
    image.ellipse({ x: side * 17, y: 0, rx: 1.8, ry: 15, angle: side * -0.35 }, 25, [30, 45]); // internal capsule
    image.ellipse({ x: side * 47, y: -6, rx: 13, ry: 1.8, angle: side * 0.2 }, 9, [20, 45]); // Sylvian fissure
    image.ellipse({ x: side * 36, y: -2, rx: 1.4, ry: 12, angle: side * 0.1 }, 10, [20, 45]);
  }
}

function posteriorFossa(image: Raster, z: number, rx: number, ry: number): void {
  const low = (z - 92) / 48;
  for (const side of [-1, 1]) image.ellipse({ x: side * 22, y: 48, rx: 26, ry: 24 - 7 * low }, 36, [0, 45]); // cerebellum
  for (const side of [-1, 1]) {
    for (let leaf = 0; leaf < 4; leaf++)
      image.ellipse({ x: side * 26, y: 38 + leaf * 7, rx: 15, ry: 0.6, angle: side * -0.15 }, 20, [30, 45]);
  }
  image.ellipse({ x: 0, y: 14, rx: rx * 0.42, ry: 13 }, 8, [0, 45]); // basal cisterns: the star
  image.ellipse({ x: 0, y: -6, rx: 13, ry: 9 }, 8, [0, 45]);
  image.ellipse({ x: 0, y: 18, rx: 15, ry: 12 - 2 * low }, 33); // pons
  image.ellipse({ x: 0, y: 33, rx: 6, ry: 3.6 }, 6); // fourth ventricle
  image.ellipse({ x: 0, y: 54, rx: 5, ry: 16 }, 36, [0, 45]);
  image.ellipse({ x: 0, y: 6, rx: 2, ry: 2 }, 52); // basilar artery
  for (const side of [-1, 1]) image.ellipse({ x: side * 40, y: -16, rx: 20, ry: 1.6, angle: side * 0.35 }, 9, [20, 45]);
  image.ellipse({ x: 0, y: -ry * 0.62, rx: 0.7, ry: ry * 0.34 }, 55, [0, 45]);
}

/** Acute blood, denser than any brain, with a darker rim of oedema; the ventricle beside it gives way. */
function bleed(image: Raster, size: number, z: number): void {
  const away = Math.abs(z - 70) / (26 * size);
  if (away >= 1) return;
  const r = size * Math.sqrt(1 - away * away);
  image.ellipse({ x: -28, y: -4, rx: 22 * r, ry: 27 * r, angle: 0.15 }, 20, [4, 60]);
  image.ellipse({ x: -27, y: -4, rx: 16 * r, ry: 21 * r, angle: 0.15 }, 68, [4, 120]);
  image.ellipse({ x: -33, y: 8, rx: 11 * r, ry: 12 * r, angle: 0.7 }, 72, [4, 120]);
  image.ellipse({ x: -24, y: -12, rx: 7 * r, ry: 8 * r }, 61, [60, 80]);
}

function face(image: Raster, rx: number, ry: number, low: number): void {
  image.ellipse({ x: 0, y: -ry * 0.5, rx: rx * 0.82, ry: ry * 0.6 }, 40, [-1100, 60]);
  for (const side of [-1, 1])
    image.ellipse({ x: side * (rx + 7), y: 8, rx: 4, ry: 14 * low, angle: side * 0.25 }, 20, [-1100, 60]); // ears
}

function skullBase(image: Raster, low: number, ry: number): void {
  for (const side of [-1, 1]) {
    // Petrous ridges with their air cells, sphenoid wings, then the eyes before them.
    image.ellipse({ x: side * 42, y: 20, rx: 31 * low, ry: 8, angle: side * -0.5 }, 900);
    for (let cell = 0; cell < 7; cell++) {
      image.ellipse({ x: side * (50 + (cell % 3) * 6), y: 24 + cell * 3.4, rx: 3, ry: 2.2, angle: cell }, -650);
    }
    image.ellipse({ x: side * 38, y: -30, rx: 30 * low, ry: 4.5, angle: side * 0.45 }, 850);
    if (low > 0.45) {
      image.ellipse({ x: side * 31, y: -ry * 0.74, rx: 23, ry: 24 }, 700);
      image.ellipse({ x: side * 31, y: -ry * 0.74, rx: 21, ry: 22 }, -80);
      image.ellipse({ x: side * 31, y: -ry * 0.84, rx: 12, ry: 12 }, 45);
      image.ellipse({ x: side * 31, y: -ry * 0.84, rx: 10.6, ry: 10.6 }, 8);
      image.ellipse({ x: side * 31, y: -ry * 0.84 - 9, rx: 4.6, ry: 2 }, 75); // lens
      image.ellipse({ x: side * 25, y: -ry * 0.6, rx: 2, ry: 12, angle: side * 0.3 }, 35);
    }
  }
  if (low > 0.45) {
    image.ellipse({ x: 0, y: -ry * 0.72, rx: 10, ry: 24 }, 500); // ethmoid cells and sphenoid sinus
    for (let cell = 0; cell < 6; cell++)
      image.ellipse({ x: cell % 2 === 0 ? 4 : -4, y: -ry * 0.92 + cell * 7, rx: 3.4, ry: 5 }, -950);
    image.ellipse({ x: 0, y: -18, rx: 13, ry: 9 }, 800);
    image.ellipse({ x: 0, y: -18, rx: 11, ry: 7 }, -950);
  }
  if (low > 0.2) image.ellipse({ x: 0, y: ry - 4, rx: 5, ry: 7 }, 1000); // internal occipital crest
  image.ellipse({ x: 0, y: -4, rx: 16 * low, ry: 9 * low }, 750); // clivus and sella
}
