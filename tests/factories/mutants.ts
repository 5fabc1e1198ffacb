import type { Random } from "#server/demo/modality-simulator/random.ts";

/** Changes what a broken network, disk or person changes: bits, lengths, order, repetition. */
export function mutated(original: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(original);
  const somewhere = (): number => Math.floor(random() * bytes.length);
  for (let change = 0; change < 1 + random() * 4; change++) {
    const kind = Math.floor(random() * 7);
    const at = somewhere();
    if (kind === 0) bytes[at] = Math.floor(random() * 256);
    else if (kind === 1) bytes.fill(0xff, at, Math.min(bytes.length, at + 4));
    else if (kind === 2) bytes.fill(0, at, Math.min(bytes.length, at + 1 + Math.floor(random() * 16)));
    else if (kind === 3) bytes = bytes.subarray(0, at);
    else if (kind === 4)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(somewhere() >> 1, at), bytes.subarray(at)]);
    else if (kind === 5) bytes = Buffer.concat([bytes, Buffer.alloc(Math.floor(random() * 40))]);
    else Buffer.from("feff00e0ffffffff", "hex").copy(bytes, Math.min(at, Math.max(0, bytes.length - 8)));
    if (bytes.length === 0) break;
  }
  return bytes;
}
