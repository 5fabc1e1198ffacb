import { implicitVr } from "./dictionary.ts";
import type { Encoding } from "./reader-types.ts";
import { tagText } from "./value.ts";
import { longVrs, shortVrs } from "./vr.ts";

/** Undefined length: up to the delimiter (PS3.5 §7.1.1, §7.5.1). */
export const undefinedLength = 0xffffffff;
/** Tags of items and delimiters, as one number (PS3.5 §7.5). */
export const itemTag = 0xfffee000;
export const sequenceDelimiterTag = 0xfffee0dd;
export const itemDelimiterTag = 0xfffee00d;

/** The header of an element (PS3.5 §7.1). `size` is its own length: 8 or 12 bytes. */
export type ElementHeader = {
  group: number;
  element: number;
  tag: string;
  /** As encoded, or by the registry in implicit VR; of a later edition: any two capitals. */
  vr: string;
  length: number;
  size: number;
};

export const u16 = (buffer: Buffer, at: number, bigEndian: boolean): number =>
  bigEndian ? buffer.readUInt16BE(at) : buffer.readUInt16LE(at);
export const u32 = (buffer: Buffer, at: number, bigEndian: boolean): number =>
  bigEndian ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at);
/** A tag as one number: in big endian each half is swapped by itself. */
export const tagNumber = (buffer: Buffer, at: number, bigEndian: boolean): number =>
  u16(buffer, at, bigEndian) * 0x10000 + u16(buffer, at + 2, bigEndian);

/**
 * Reads the header of an element that is no delimiter.
 *
 * @param room available bytes from `at`, at least 8.
 * @param signed Pixel Representation in force, for US or SS.
 * @returns `"vr"` for an invalid VR, `"short"` when the header is longer than `room`.
 */
export function elementHeader(
  buffer: Buffer,
  at: number,
  room: number,
  { implicit, bigEndian }: Encoding,
  signed: boolean,
): ElementHeader | "vr" | "short" {
  const group = u16(buffer, at, bigEndian);
  const element = u16(buffer, at + 2, bigEndian);
  const tag = tagText(group, element);
  if (implicit)
    return {
      group,
      element,
      tag,
      vr: implicitVr(tag, group, element, signed),
      length: u32(buffer, at + 4, bigEndian),
      size: 8,
    };
  const vr = buffer.toString("latin1", at + 4, at + 6);
  if (shortVrs.has(vr)) return { group, element, tag, vr, length: u16(buffer, at + 6, bigEndian), size: 8 };
  // An unknown VR has the long form (PS3.5 §6.2, note on unknown VRs).
  if (!longVrs.has(vr) && !/^[A-Z]{2}$/.test(vr)) return "vr";
  if (room < 12) return "short";
  return { group, element, tag, vr, length: u32(buffer, at + 8, bigEndian), size: 12 };
}
