import { createRequire } from "node:module";
import { caseSize } from "./pixel-cases/instance.ts";

type Encoder = {
  getDecodedBuffer(info: object): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setQuality(lossless: boolean, rate: number): void;
  encode(): void;
  delete(): void;
};
type Factory = (options: object) => Promise<{ J2KEncoder: new () => Encoder }>;

/** Bars in a lossless JPEG 2000 codestream of so many bits, signed or not, whatever the header will say. */
export async function barJ2k(values: readonly number[], bitsPerSample: number, isSigned: boolean): Promise<Uint8Array> {
  const factory: Factory = createRequire(import.meta.url)("@cornerstonejs/codec-openjpeg/wasmjs");
  const { J2KEncoder } = await factory({ print: () => {}, printErr: () => {} });
  const encoder = new J2KEncoder();
  const info = { width: caseSize, height: caseSize, bitsPerSample, componentCount: 1, isSigned };
  const bytes = encoder.getDecodedBuffer(info);
  const samples = Array.from(
    { length: caseSize * caseSize },
    (_, i) => values[Math.floor(((i % caseSize) * 8) / caseSize)] as number,
  );
  bytes.set(bitsPerSample <= 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer));
  encoder.setQuality(true, 0);
  encoder.encode();
  const stream = Uint8Array.from(encoder.getEncodedBuffer());
  encoder.delete();
  return stream;
}
