import { type FileHandle, open, readdir } from "node:fs/promises";
import path from "node:path";
import { decodeFrame, pageBytes, type RecordMeta } from "./segment.ts";

export type Location = {
  segment: string;
  /** Where the Part 10 bytes start in the segment's file. */
  offset: number;
};
/** A record that the start-up scan found, in the order of writing. */
export type FoundRecord = {
  meta: RecordMeta;
  location: Location;
};
/**
 * The records of one segment, in the order of writing.
 *
 * @returns null for a file that is no segment of that name; `end` and `chain` say where and how it goes on.
 */
export async function scan(
  handle: FileHandle,
  name: string,
): Promise<{ found: FoundRecord[]; end: number; chain: number } | null> {
  const page = Buffer.alloc(pageBytes);
  const read = async (at: number): Promise<Buffer> =>
    page.subarray(0, (await handle.read(page, 0, pageBytes, at)).bytesRead);
  const header = decodeFrame(await read(0), 0);
  if (!header || (header.meta as { segment?: string }).segment !== name) return null;
  const found: FoundRecord[] = [];
  let end = header.length;
  let chain = header.crc;
  for (;;) {
    const frame = decodeFrame(await read(end), chain);
    if (!frame) return { found, end, chain };
    found.push({ meta: frame.meta as RecordMeta, location: { segment: name, offset: end + frame.bodyAt } });
    end += frame.length;
    chain = frame.crc;
  }
}

/** The records of all segments in a folder, which the router may be writing to at the same time. Reads only. */
export async function readRecords(dir: string): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (const name of await readdir(dir).catch(() => [])) {
    // The router may remove a segment meanwhile: then nothing of it was needed any more.
    const handle = await open(path.join(dir, name), "r").catch(() => null);
    if (!handle) continue;
    const result = await scan(handle, name).finally(() => handle.close());
    if (result) found.push(...result.found);
  }
  return found;
}
