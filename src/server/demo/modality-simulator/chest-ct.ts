import { type Random, randomFrom } from "./random.ts";
import { type Ellipse, Raster } from "./raster.ts";

/** Field of view of the chest. Millimetres. */
export const chestFieldMm = 380;
/** From the lung apex (0) to below the diaphragm. Millimetres. */
export const chestLengthMm = 270;

const cavityFat = -70;

type Segment = {
  from: readonly [number, number, number];
  to: readonly [number, number, number];
  r0: number;
  r1: number;
};
export type ChestModel = { vessels: Segment[]; prior: boolean; noduleRadius: number; wobble: number };

const lung = -870;
/** Air in lung, as against the air around the patient (-1000). */
const lungRange = [-900, -700] as const;

/** A patient's chest: the vessels are grown once and cut by every slice. z is millimetres below the apex. */
export function chestModel(seed: string, prior: boolean): ChestModel {
  const random = randomFrom(`chest ${seed}`);
  const vessels: Segment[] = [];
  for (const side of [-1, 1]) {
    for (let lobe = 0; lobe < 24; lobe++) {
      const turn = (lobe / 24) * 2 * Math.PI;
      const tip: [number, number, number] = [
        side * (70 + 42 * Math.cos(turn)),
        -2 + 74 * Math.sin(turn * 2.3 + side),
        130 + 105 * Math.sin(turn),
      ];
      grow(vessels, random, [side * 34, 0, 132], tip, 4.4, 5);
    }
  }
  return { vessels, prior, noduleRadius: prior ? 4 : 7.5, wobble: random() };
}

function grow(
  out: Segment[],
  random: Random,
  from: readonly [number, number, number],
  to: readonly [number, number, number],
  radius: number,
  depth: number,
): void {
  const bend = (): number => (random() - 0.5) * 10;
  const joint: [number, number, number] = [
    from[0] + (to[0] - from[0]) * 0.42 + bend(),
    from[1] + (to[1] - from[1]) * 0.42 + bend(),
    from[2] + (to[2] - from[2]) * 0.42 + bend(),
  ];
  out.push({ from, to: joint, r0: radius, r1: radius * 0.8 });
  if (depth === 0) return;
  for (let branch = 0; branch < 2; branch++) {
    const spread = 26 + 8 * depth;
    const aim: [number, number, number] = [
      to[0] + (random() - 0.5) * spread,
      to[1] + (random() - 0.5) * spread,
      to[2] + (random() - 0.5) * spread,
    ];
    grow(out, random, joint, aim, radius * 0.68, depth - 1);
  }
}

const ramp = (value: number, low: number, high: number): number => {
  const t = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
};

/**
 * One axial slice in HU, seen from the feet: the patient's right is on the left of the picture.
 *
 * @param z millimetres below the lung apex, 0 to {@link chestLengthMm}.
 */
export function chestSlice(model: ChestModel, z: number, matrix: number): Raster {
  const image = new Raster(matrix, matrix, chestFieldMm / matrix, -1000);
  const wide = 150 + 18 * ramp(z, 0, 110);
  const deep = 96 + 18 * ramp(z, 0, 150);
  table(image, deep);
  // Skin, fat, then the muscular wall.
  image.ellipse({ x: 0, y: 0, rx: wide, ry: deep }, 20);
  image.ellipse({ x: 0, y: 0, rx: wide - 2, ry: deep - 2 }, -100);
  image.ellipse({ x: 0, y: 1, rx: wide - 13, ry: deep - 11 }, 50);
  if (z < 150) shoulderMuscles(image, wide, deep, z);
  image.ellipse({ x: 0, y: 2, rx: wide - 24, ry: deep - 19 }, -90);
  image.ellipse({ x: 0, y: 2, rx: wide - 26, ry: deep - 21 }, z < 25 ? 30 : cavityFat);
  lungs(image, z, wide, deep);
  mediastinum(image, z);
  abdomen(image, z, wide, deep);
  drawVessels(image, model, z);
  if (z > 100) heart(image, z);
  nodule(image, model, z);
  spine(image, z, deep);
  ribs(image, z, wide, deep);
  image.soften(1);
  return image;
}

function table(image: Raster, deep: number): void {
  image.ellipse({ x: 0, y: deep - 60, rx: 210, ry: 84 }, -750, [-1100, -900]);
  image.ellipse({ x: 0, y: deep - 64, rx: 212, ry: 84 }, -1000, [-800, -700]);
}

function shoulderMuscles(image: Raster, wide: number, deep: number, z: number): void {
  const thick = 1 - ramp(z, 90, 150);
  for (const side of [-1, 1]) {
    image.ellipse({ x: side * 70, y: -deep + 20, rx: 58, ry: 15 * thick + 2, angle: side * 0.32 }, 55, [-120, 60]);
    image.ellipse({ x: side * (wide - 26), y: 52, rx: 16, ry: 42 * thick + 4, angle: side * 0.5 }, 55, [-120, 60]);
    // Scapula: a thin plate with its spine.
    if (z < 120) {
      const blade = { x: side * (wide - 42), y: 66 + z * 0.05, rx: 34 * (1 - z / 190), ry: 3.4, angle: side * -0.95 };
      image.ellipse(blade, 480);
      image.ellipse({ ...blade, ry: 1.5, rx: blade.rx - 3 }, 180);
    }
  }
  for (const side of [-1, 1])
    image.ellipse({ x: side * 55, y: deep - 20, rx: 50, ry: 11, angle: side * -0.22 }, 55, [-120, 60]);
}

function lungs(image: Raster, z: number, wide: number, deep: number): void {
  const grown = Math.sqrt(ramp(z, -6, 105));
  for (const side of [-1, 1]) {
    const rx = (wide - 28) * 0.47 * grown;
    const ry = (deep - 24) * 0.97 * grown;
    const shape = { x: side * (wide - 28 - (wide - 28) * 0.49), y: 3 + 8 * (1 - grown), rx, ry };
    image.ellipse(shape, lung);
    if (z < 30) continue;
    image.ellipse({ x: side * 50, y: 28, rx: rx * 0.86, ry: ry * 0.72, angle: side * -0.3 }, lung, [-100, 60]);
    image.ellipse({ x: side * 52, y: -30, rx: rx * 0.78, ry: ry * 0.6, angle: side * 0.35 }, lung, [-100, 60]);
    // Blood sinks: the back of a lung is a little denser.
    image.ellipse({ ...shape, y: shape.y + ry * 0.9, ry: ry * 0.9 }, lung + 35, lungRange);
  }
}

function mediastinum(image: Raster, z: number): void {
  const width = 27 + 14 * ramp(z, 60, 120);
  image.ellipse({ x: 3, y: -8, rx: width, ry: 56 }, -85, [-1000, 60]);
  image.ellipse({ x: 0, y: 30, rx: 24, ry: 34 }, 35, [-1000, 60]);
  const contrast = 210;
  if (z < 78) {
    // Great vessels of the arch, and the brachiocephalic veins.
    image.ellipse({ x: 13, y: 4, rx: 5, ry: 5 }, contrast);
    image.ellipse({ x: 5, y: -12, rx: 5, ry: 5 }, contrast);
    image.ellipse({ x: -10, y: -6, rx: 6, ry: 6 }, contrast);
    image.ellipse({ x: -24, y: -18, rx: 7, ry: 9 }, 150);
    image.ellipse({ x: 24, y: -26, rx: 12, ry: 6, angle: -0.4 }, 150);
    if (z < 30) for (const side of [-1, 1]) image.ellipse({ x: side * 15, y: -2, rx: 9, ry: 13 }, 120); // thyroid
  } else if (z < 100) {
    image.ellipse({ x: 8, y: -2, rx: 13, ry: 36, angle: -0.45 }, contrast); // arch of the aorta
    image.ellipse({ x: -20, y: -18, rx: 8, ry: 10 }, 160);
  } else if (z < 165) {
    image.ellipse({ x: -12, y: -22, rx: 16, ry: 16 }, contrast); // ascending
    image.ellipse({ x: -32, y: -10, rx: 9, ry: 11 }, 160); // superior vena cava
    if (z > 108 && z < 140) {
      image.ellipse({ x: 18, y: -22, rx: 14, ry: 15 }, 240); // pulmonary trunk and its two arteries
      image.ellipse({ x: -8, y: -3, rx: 30, ry: 8, angle: -0.15 }, 240);
      image.ellipse({ x: 32, y: -4, rx: 14, ry: 9, angle: 0.5 }, 240);
    }
  }
  if (z >= 92) image.ellipse({ x: 22, y: 40, rx: 12, ry: 12 }, contrast); // descending
  image.ellipse({ x: 6, y: 30, rx: 8, ry: 5.5 }, 40); // oesophagus
  image.ellipse({ x: 6, y: 30, rx: 2.6, ry: 1.6 }, -300);
  if (z < 112) {
    image.ellipse({ x: 0, y: 12, rx: 10.5, ry: 11 }, 30);
    image.ellipse({ x: 0, y: 12, rx: 8.5, ry: 9 }, -990); // trachea
  } else if (z < 150) {
    const apart = 8 + (z - 112) * 0.75;
    for (const side of [-1, 1]) {
      image.ellipse({ x: side * apart, y: 13, rx: 9, ry: 7.4, angle: side * 0.4 }, 30, [-1000, 120]);
      image.ellipse({ x: side * apart, y: 13, rx: 7, ry: 5.6, angle: side * 0.4 }, -985);
    }
  }
}

function drawVessels(image: Raster, model: ChestModel, z: number): void {
  const half = 2.6;
  for (const { from, to, r0, r1 } of model.vessels) {
    const low = Math.min(from[2], to[2]);
    const high = Math.max(from[2], to[2]);
    if (z + half < low || z - half > high) continue;
    // The stretch of the vessel inside the slice, drawn as a chain of discs.
    const run = to[2] - from[2];
    const t0 = Math.abs(run) < 0.5 ? 0 : Math.max(0, Math.min(1, (z - half - from[2]) / run));
    const t1 = Math.abs(run) < 0.5 ? 1 : Math.max(0, Math.min(1, (z + half - from[2]) / run));
    const point = (t: number): [number, number, number] => [
      from[0] + (to[0] - from[0]) * t,
      from[1] + (to[1] - from[1]) * t,
      Math.max(0.85, r0 + (r1 - r0) * t),
    ];
    const value = r0 > 2 ? 150 : r0 > 1 ? 20 : -300;
    const points = [point(Math.min(t0, t1)), point(Math.max(t0, t1) + 0.01)];
    image.tube(points, (disc) => image.ellipse(disc, value, [-900, -500]));
  }
}

function heart(image: Raster, z: number): void {
  const grown = Math.sin(Math.PI * Math.max(0, Math.min(1, (z - 138) / 112))) ** 0.6;
  if (!(grown > 0.05)) return;
  const x = 18;
  const y = -26;
  image.ellipse({ x, y, rx: 66 * grown, ry: 48 * grown, angle: 0.35 }, -85, [-1000, 200]);
  image.ellipse({ x, y, rx: 61 * grown, ry: 44 * grown, angle: 0.35 }, 95);
  image.ellipse({ x: x + 24 * grown, y: y + 3, rx: 24 * grown, ry: 17 * grown, angle: 0.5 }, 230); // left ventricle
  image.ellipse({ x: x - 4, y: y - 22 * grown, rx: 30 * grown, ry: 14 * grown, angle: 0.45 }, 200); // right ventricle
  image.ellipse({ x: x - 38 * grown, y: y + 2, rx: 17 * grown, ry: 22 * grown }, 190); // right atrium
  if (z < 200) image.ellipse({ x: x - 10, y: y + 29 * grown, rx: 27 * grown, ry: 13 * grown }, 215); // left atrium
  image.ellipse({ x: 22, y: 40, rx: 12, ry: 12 }, 210);
  image.ellipse({ x: 6, y: 30, rx: 7, ry: 5 }, 40);
}

function abdomen(image: Raster, z: number, wide: number, deep: number): void {
  // Each dome of the diaphragm lets an organ rise into the lung from below.
  const right = Math.sqrt(ramp(z, 188, 258));
  const left = Math.sqrt(ramp(z, 200, 268));
  const inside = [-900, -500] as const;
  const organ = (shape: Ellipse, value: number): void => {
    image.ellipse(shape, value, inside);
    image.ellipse(shape, value, [cavityFat, cavityFat]);
  };
  if (right > 0.05) {
    organ({ x: -64 - 8 * right, y: 4, rx: (wide - 74) * right, ry: (deep - 20) * right }, 105); // liver
    if (right > 0.45) {
      image.ellipse({ x: -22, y: -18, rx: 50 * right, ry: 40 * right }, 105, [-1000, -40]);
      for (let k = 0; k < 5; k++)
        image.ellipse({ x: -50 - 14 * k, y: -20 + 16 * Math.sin(k * 2.1), rx: 8, ry: 2.6, angle: k }, 160, [100, 110]);
    }
  }
  if (left > 0.05) {
    organ({ x: 84, y: 44, rx: 54 * left, ry: 36 * left, angle: -0.55 }, 120); // spleen
    organ({ x: 64, y: -10, rx: 74 * left, ry: 62 * left }, -90); // fat
    image.ellipse({ x: 66, y: -18, rx: 56 * left, ry: 50 * left }, 35, [-1000, 0]); // stomach, its gas in front
    if (left > 0.3) image.ellipse({ x: 62, y: -28, rx: 34 * left, ry: 20 * left }, -990);
  }
}

function nodule(image: Raster, { noduleRadius, prior }: ChestModel, z: number): void {
  const away = Math.abs(z - 84);
  if (away >= noduleRadius) return;
  const r = Math.sqrt(noduleRadius ** 2 - away ** 2);
  const x = -84;
  const y = -14;
  image.ellipse({ x, y, rx: r, ry: r * 0.92 }, 45, [-900, -100]);
  if (prior) return;
  for (let spike = 0; spike < 9; spike++) {
    const angle = spike * 0.71;
    image.ellipse(
      { x: x + Math.cos(angle) * r, y: y + Math.sin(angle) * r, rx: r * 0.55, ry: 0.8, angle },
      -120,
      [-1000, -300],
    );
  }
}

function spine(image: Raster, z: number, deep: number): void {
  const y = deep - 58;
  const level = ((z + 6) % 23) / 23;
  const disc = level < 0.2;
  // Transverse processes, arch and spinous process, then the body and the canal.
  for (const side of [-1, 1]) {
    if (!disc) image.ellipse({ x: side * 26, y: y + 27, rx: 14, ry: 4.5, angle: side * 0.5 }, 420);
    image.ellipse({ x: side * 12, y: y + 23, rx: 4.5, ry: 11, angle: side * 0.35 }, 480);
    image.ellipse({ x: side * 46, y: deep - 26, rx: 30, ry: 13, angle: side * -0.25 }, 55, [-120, 60]);
  }
  image.ellipse({ x: 0, y: y + 40, rx: 3.6, ry: 14 }, 450);
  image.ellipse({ x: 0, y: y + 24, rx: 13, ry: 11 }, 420);
  image.ellipse({ x: 0, y, rx: 19, ry: 16 }, disc ? 90 : 520);
  if (!disc) image.ellipse({ x: 0, y, rx: 16.8, ry: 13.8 }, 190);
  image.ellipse({ x: 0, y: y + 23.5, rx: 9, ry: 8 }, 15);
  image.ellipse({ x: 0, y: y + 23.5, rx: 4.6, ry: 3.8 }, 40);
  if (z > 22 && z < 190) {
    const half = z < 62 ? 30 - (z - 22) * 0.2 : 17;
    image.ellipse({ x: 0, y: -deep + 17, rx: half, ry: 7 }, 420);
    image.ellipse({ x: 0, y: -deep + 17, rx: half - 2.4, ry: 4.8 }, 160);
  }
  if (z < 26)
    for (const side of [-1, 1]) image.ellipse({ x: side * 62, y: -deep + 32, rx: 46, ry: 6, angle: side * 0.45 }, 480);
}

/** A rib falls from the spine to the front, so a slice cuts each where it happens to be at that height. */
function ribs(image: Raster, z: number, wide: number, deep: number): void {
  const rx = wide - 21;
  const ry = deep - 17;
  const step = 0.035;
  for (let rib = -3; rib < 12; rib++) {
    for (let around = 0.32; around < 2.5; around += step) {
      const height = rib * 25 - 8 + 62 * ramp(around, 0.2, 2.6);
      const off = Math.abs(z - height) / 6.2;
      if (off > 1) continue;
      const thick = 4.6 * Math.sqrt(1 - off * off) + 0.6;
      const bone = around > 2.05 ? 160 : 520; // towards the sternum it is cartilage
      for (const side of [-1, 1]) {
        const x = side * rx * Math.sin(around);
        const y = 2 + ry * Math.cos(around);
        image.ellipse({ x, y, rx: 6.4, ry: thick, angle: -side * around }, bone, [-1100, bone]);
      }
    }
    for (let around = 0.32; around < 2.05; around += step) {
      const height = rib * 25 - 8 + 62 * ramp(around, 0.2, 2.6);
      const off = Math.abs(z - height) / 4.2;
      if (off > 1) continue;
      for (const side of [-1, 1]) {
        image.ellipse(
          { x: side * rx * Math.sin(around), y: 2 + ry * Math.cos(around), rx: 2.4, ry: 2.2 },
          230,
          [300, 600],
        );
      }
    }
  }
}
