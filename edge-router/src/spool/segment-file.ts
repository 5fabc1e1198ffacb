import { randomBytes } from "node:crypto";
import { close, constants, fdatasync, fstatSync, fsync, ftruncate, open, rmSync, writev } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { encodeFrame } from "./segment.ts";

export const openFd = promisify(open);
export const closeFd = promisify(close);
export const sync = promisify(fsync);
export const dataSync = promisify(fdatasync);
export const cutAt = promisify(ftruncate);

/** The last record of a segment may end this far before its end. */
const unusedTailBytes = 2 * 1024 * 1024;

/** A file of the journal that is open for writing. */
export type Segment = {
  name: string;
  fd: number;
  /** Where the next record goes. */
  end: number;
  /** Checksum that the next frame must name. */
  chain: number;
  /** Its blocks are on the disk already, but for what no record may fill. */
  allocated?: boolean;
  /** What is on the disk is not known to be what was written: nothing may be appended any more. */
  broken?: boolean;
};

export const isAllocated = (fd: number, segmentBytes: number): boolean =>
  fstatSync(fd).size >= segmentBytes - Math.min(unusedTailBytes, segmentBytes / 4);

let lastName = 0;
/** Sorts by time of making, also within a millisecond; unique for ever. */
export const segmentName = (): string => {
  lastName = Math.max(lastName + 1, Date.now());
  return `${lastName.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}.seg`;
};

/** When a segment began, by its name. Milliseconds. */
export const madeAt = (name: string): number => Number.parseInt(name.slice(0, 9), 36);

export async function createSegment(dir: string, dirFd: number): Promise<Segment> {
  const name = segmentName();
  const fd = await openFd(path.join(dir, name), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    return await beginSegment(name, fd, dirFd);
  } catch (error) {
    await closeFd(fd).catch(() => undefined);
    rmSync(path.join(dir, name), { force: true });
    throw error;
  }
}

/** The header names the file it is in: a copy, or a recycled file whose header did not get written, does not count. */
export async function beginSegment(name: string, fd: number, dirFd: number): Promise<Segment> {
  const { head, padding, crc, length } = encodeFrame({ segment: name }, 0, 0);
  await writeAll(fd, [head, padding], 0);
  await dataSync(fd);
  await sync(dirFd);
  return { name, fd, end: length, chain: crc };
}

export async function writeAll(fd: number, buffers: Buffer[], position: number): Promise<void> {
  let at = position;
  let rest = buffers;
  while (rest.length > 0) {
    let written = await new Promise<number>((resolve, reject) => {
      writev(fd, rest, at, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
    at += written;
    let whole = 0;
    while (whole < rest.length && rest[whole]!.length <= written) written -= rest[whole++]!.length;
    rest = rest.slice(whole);
    if (written > 0) rest[0] = rest[0]!.subarray(written);
  }
}
