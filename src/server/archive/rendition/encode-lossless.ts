import { decoderOf, encoderOf, openJph } from "../picture/codecs.ts";

/** How the pixel cells of a frame are to be read (PS3.3 §C.7.6.3). Native, little endian. */
export type FrameForm = {
  rows: number;
  columns: number;
  samplesPerPixel: 1 | 3;
  bitsAllocated: 8 | 16;
  bitsStored: number;
  signed: boolean;
  /** Samples of one colour stand together. */
  planar: boolean;
};

/**
 * A frame as an HTJ2K codestream: lossless, by resolution, six of them, each in a tile-part of its own whose length stands in the header
 * (TLM). It is decoded again, and every sample compared, before it is given out.
 *
 * @returns null where something stands in the bits that do not belong to the values: the codestream would lose it.
 * @throws what the codec throws, and `Error` where the samples are not the same.
 */
export async function encodeLossless(frame: Uint8Array, form: FrameForm): Promise<Uint8Array<ArrayBuffer> | null> {
  const samples = samplesOf(frame, form);
  if (!samples) return null;
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const encoder = await encoderOf(openJph);
  let stream: Uint8Array<ArrayBuffer>;
  try {
    encoder
      .getDecodedBuffer({
        width: form.columns,
        height: form.rows,
        bitsPerSample: form.bitsStored,
        componentCount: form.samplesPerPixel,
        isSigned: form.signed,
        // The header calls the colours RGB, and so do the components here.
        isUsingColorTransform: false,
      })
      .set(bytes);
    encoder.setQuality(true, 0);
    encoder.setDecompositions(5);
    encoder.setProgressionOrder(2);
    encoder.setTLMMarker(true);
    encoder.setTilePartDivisionsAtResolutions(true);
    encoder.encode();
    stream = new Uint8Array(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
  const decoder = await decoderOf(openJph);
  try {
    decoder.getEncodedBuffer(stream.length).set(stream);
    decoder.decode();
    const { width, height, componentCount, bitsPerSample, isSigned } = decoder.getFrameInfo();
    const isSame =
      width === form.columns &&
      height === form.rows &&
      componentCount === form.samplesPerPixel &&
      bitsPerSample === form.bitsStored &&
      isSigned === form.signed &&
      Buffer.compare(decoder.getDecodedBuffer(), bytes) === 0;
    if (!isSame) throw new Error("what was encoded is not what was given");
  } finally {
    decoder.delete();
  }
  return stream;
}

type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array;

/** The samples by pixel, in bytes where a byte holds their bits; null where a cell holds more than its value. */
function samplesOf(frame: Uint8Array, form: FrameForm): Samples | null {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, signed, planar } = form;
  const count = rows * columns * samplesPerPixel;
  if (frame.byteLength < (count * bitsAllocated) / 8) throw new Error("the frame is shorter than its samples");
  // Typed arrays stand on whole words of their buffer.
  const { buffer } = new Uint8Array(frame.subarray(0, (count * bitsAllocated) / 8));
  const wide = bitsAllocated === 16;
  const cells: Samples = wide
    ? signed
      ? new Int16Array(buffer)
      : new Uint16Array(buffer)
    : signed
      ? new Int8Array(buffer)
      : new Uint8Array(buffer);
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const high = signed ? 2 ** (bitsStored - 1) - 1 : 2 ** bitsStored - 1;
  for (const value of cells) if (value < low || value > high) return null;
  const byPixel = planar && samplesPerPixel === 3 ? interleaved(cells) : cells;
  if (!wide || bitsStored > 8) return byPixel;
  return signed ? Int8Array.from(byPixel) : Uint8Array.from(byPixel);
}

function interleaved(cells: Samples): Samples {
  const out = cells.slice();
  const plane = cells.length / 3;
  for (let pixel = 0; pixel < plane; pixel++)
    for (let colour = 0; colour < 3; colour++) out[pixel * 3 + colour] = cells[colour * plane + pixel] as number;
  return out;
}
