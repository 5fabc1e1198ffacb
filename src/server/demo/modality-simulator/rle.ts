/**
 * Encodes one frame by RLE Lossless: byte planes, highest first, rows packed one by one.
 *
 * @param frame samples little endian, one sample per pixel.
 * @returns an even number of bytes: header of 64, then the segments.
 * @see DICOM PS3.5 Annex G
 */
export function rleFrame(frame: Uint8Array, bytesPerSample: number, columns: number): Uint8Array {
  const samples = frame.length / bytesPerSample;
  const header = Buffer.alloc(64);
  header.writeUInt32LE(bytesPerSample, 0);
  const segments: Buffer[] = [];
  let offset = 64;
  for (let plane = bytesPerSample - 1; plane >= 0; plane--) {
    header.writeUInt32LE(offset, 4 + segments.length * 4);
    const packed: number[] = [];
    for (let start = 0; start < samples; start += columns) {
      const row = new Uint8Array(Math.min(columns, samples - start));
      for (let i = 0; i < row.length; i++) row[i] = frame[(start + i) * bytesPerSample + plane] ?? 0;
      packRow(packed, row);
    }
    if (packed.length % 2 === 1) packed.push(0);
    segments.push(Buffer.from(packed));
    offset += packed.length;
  }
  return Buffer.concat([header, ...segments]);
}

/** PackBits: `n` then n + 1 literal bytes, or `257 - n` then one byte to repeat n times. */
function packRow(out: number[], row: Uint8Array): void {
  let at = 0;
  while (at < row.length) {
    let run = 1;
    while (run < 128 && at + run < row.length && row[at + run] === row[at]) run++;
    if (run > 2) {
      out.push(257 - run, row[at] ?? 0);
      at += run;
      continue;
    }
    const start = at;
    while (
      at < row.length &&
      at - start < 128 &&
      !(row[at] === row[at + 1] && row[at] === row[at + 2] && at + 2 < row.length)
    )
      at++;
    out.push(at - start - 1);
    for (let i = start; i < at; i++) out.push(row[i] ?? 0);
  }
}
