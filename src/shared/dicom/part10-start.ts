import { TS } from "./transfer-syntaxes.ts";
import { longVrs, shortVrs } from "./vr.ts";

/** Where group 0002 begins, or, in a file that has none, in which syntax its data set seems to be written. */
export type Part10Start = { metaAt: number } | { bareSyntax: string };

/**
 * Finds the beginning of a file. The preamble (PS3.10 §7.1) is what many writers leave out, some with group 0002; what a
 * modality may send by C-STORE can then still be stored from a disk.
 *
 * @returns null when it is no DICOM file.
 */
export function startOf(file: Buffer): Part10Start | null {
  if (file.length >= 132 && file.toString("latin1", 128, 132) === "DICM") return { metaAt: 132 };
  if (file.toString("latin1", 0, 4) === "DICM") return { metaAt: 4 };
  if (file.length < 16) return null;
  const vr = file.toString("latin1", 4, 6);
  const isExplicit = shortVrs.has(vr) || longVrs.has(vr);
  const group = file.readUInt16LE(0);
  if (group === 0x0002 && isExplicit) return { metaAt: 0 };
  if (group !== 0x0008) return null;
  if (isExplicit) return { bareSyntax: TS.explicitLittleEndian };
  // The first attribute of a data set is short: a length of kilobytes is no length.
  return file.readUInt32LE(4) < 1024 ? { bareSyntax: TS.implicitLittleEndian } : null;
}
