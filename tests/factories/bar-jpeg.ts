import { caseSize } from "./pixel-cases/instance.ts";

/** One value a bar, for each component. */
export type BarValues = readonly (readonly number[])[];
const bars = 8;

/** Bits from the highest, with zeros stuffed behind 0xFF (ITU-T T.81 §B.1.1.5). */
class BitWriter {
  readonly bytes: number[] = [];
  #bits: number[] = [];

  put(value: number, length: number): void {
    for (let i = length - 1; i >= 0; i--) {
      this.#bits.push((value >> i) & 1);
      if (this.#bits.length === 8) this.#flush();
    }
  }

  finish(): number[] {
    while (this.#bits.length > 0) this.put(1, 1);
    return this.bytes;
  }

  #flush(): void {
    const byte = this.#bits.reduce((sum, bit) => sum * 2 + bit, 0);
    this.bytes.push(byte);
    if (byte === 0xff) this.bytes.push(0);
    this.#bits = [];
  }
}

const segment = (marker: number, ...body: number[]): number[] => [
  0xff,
  marker,
  (body.length + 2) >> 8,
  (body.length + 2) & 255,
  ...body,
];
const word = (value: number): number[] => [value >> 8, value & 255];
/** Categories from 0, each as a code of five bits: its own number. In DCT there are 16, lossless has one more. */
const categories = (count: 16 | 17): number[] => [
  ...[0, 0, 0, 0, count, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...Array.from({ length: count }, (_, i) => i),
];
/** End of block, as one bit. */
const endOfBlock = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
export const jfif = segment(0xe0, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0);
export const adobe = (transform: 0 | 1): number[] =>
  segment(0xee, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform);

function putDifference(out: BitWriter, difference: number): void {
  const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  out.put(category, 5);
  // Of category 16 there is one value, and no bits (§H.1.2.2).
  if (category < 16) out.put(difference < 0 ? difference + 2 ** category - 1 : difference, category);
}

function frame(marker: number, precision: number, components: number, quantization: number): number[] {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, 0x11, quantization]);
  return segment(marker, precision, ...word(caseSize), ...word(caseSize), components, ...parts.flat());
}
function scan(components: number, from: number, to: number, approximation: number): number[] {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, 0]);
  return segment(0xda, components, ...parts.flat(), from, to, approximation);
}

/** Bars in DCT, one flat block after the other. @param progressive in two scans, the last bit in the second. */
export function dctJpeg(
  values: BarValues,
  {
    precision = 8,
    markers = [],
    progressive = false,
  }: { precision?: 8 | 12; markers?: number[]; progressive?: boolean },
): Uint8Array {
  const components = values.length;
  const blocks = (caseSize / 8) ** 2;
  // A quantization of 8 makes the first coefficient the value itself, less the middle.
  const level = (component: number, block: number): number =>
    (values[component]?.[block % bars] as number) - 2 ** (precision - 1);
  const low = progressive ? 1 : 0;
  const first = new BitWriter();
  const previous = Array.from({ length: components }, () => 0);
  for (let block = 0; block < blocks; block++)
    for (let c = 0; c < components; c++) {
      const value = level(c, block) >> low;
      putDifference(first, value - (previous[c] as number));
      previous[c] = value;
      if (!progressive) first.put(0, 1);
    }
  const last = new BitWriter();
  for (let block = 0; block < blocks; block++) last.put(level(0, block) & 1, 1);
  return Uint8Array.of(
    ...[0xff, 0xd8, ...markers],
    ...segment(0xdb, 0, ...Array.from({ length: 64 }, () => 8)),
    ...segment(0xc4, 0, ...categories(16), 0x10, ...endOfBlock),
    ...frame(progressive ? 0xc2 : precision === 12 ? 0xc1 : 0xc0, precision, components, 0),
    ...scan(components, 0, progressive ? 0 : 63, low),
    ...first.finish(),
    ...(progressive ? [...scan(1, 0, 0, 0x10), ...last.finish()] : []),
    ...[0xff, 0xd9],
  );
}

/** Bars of one component, lossless by the pixel to the left (§H.1.2). @param point bits that are left out at the bottom. */
export function losslessJpeg(values: readonly number[], precision: number, point = 0): Uint8Array {
  const out = new BitWriter();
  const at = (x: number): number => (values[Math.floor((x * bars) / caseSize)] as number) >> point;
  for (let y = 0; y < caseSize; y++)
    for (let x = 0; x < caseSize; x++) {
      const predicted = x > 0 ? at(x - 1) : y > 0 ? at(0) : 2 ** (precision - point - 1);
      putDifference(out, at(x) - predicted);
    }
  return Uint8Array.of(
    ...[0xff, 0xd8],
    ...segment(0xc4, 0, ...categories(17)),
    ...frame(0xc3, precision, 1, 0),
    ...scan(1, 1, 0, point),
    ...out.finish(),
    ...[0xff, 0xd9],
  );
}
