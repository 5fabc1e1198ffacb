import { DomainError } from "../errors.ts";
import { type DicomJson, stringOf } from "./dicom-json.ts";
import { ElementReader, type ReadRequest } from "./element-reader.ts";
import { Tag } from "./tags.ts";
import { TS } from "./transfer-syntaxes.ts";
import { type DicomUid, parseUid } from "./uids.ts";
import { longVrs, shortVrs } from "./vr.ts";

/** Where group 0002 begins, or, in a file without one, the apparent syntax of its data set. */
export type Part10Start = { metaAt: number } | { bareSyntax: string };

/**
 * Finds the beginning of a file. Many writers omit the preamble (PS3.10 §7.1), some with group 0002; such files can
 * still be stored.
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
  // The first attribute of a data set is short: a length of kilobytes is invalid.
  return file.readUInt32LE(4) < 1024 ? { bareSyntax: TS.implicitLittleEndian } : null;
}

/** What precedes a data set: its offset, and the content of group 0002; empty for a file without one. */
export type Part10Head = { transferSyntaxUid: DicomUid; dataSetOffset: number; meta: DicomJson };

/**
 * Reads preamble and group 0002 (PS3.10 §7.1).
 *
 * @param reader its window stands at the beginning of the file.
 * @throws {DomainError} `dicom.not-part10`; `dicom.malformed` without Transfer Syntax UID; `dicom.truncated`, `dicom.invalid-uid`.
 */
export function* readHead(reader: ElementReader): Generator<ReadRequest, Part10Head> {
  const start = startOf(reader.window.buffer);
  if (!start) throw new DomainError("dicom.not-part10");
  if ("bareSyntax" in start) return { transferSyntaxUid: start.bareSyntax, dataSetOffset: 0, meta: {} };
  const { meta, dataSetOffset } = yield* reader.readMeta(start.metaAt);
  const transferSyntaxUid = stringOf(meta, Tag.TransferSyntaxUID);
  if (transferSyntaxUid === undefined)
    throw new DomainError("dicom.malformed", { details: { reason: "transfer-syntax" } });
  return { transferSyntaxUid: parseUid(transferSyntaxUid), dataSetOffset, meta };
}

/**
 * The same of a file of which the beginning is in memory.
 *
 * @throws as {@link readHead}; `dicom.truncated` also when the head is longer than what is there.
 */
export function headOf(beginning: Buffer): Part10Head {
  const step = readHead(new ElementReader({ buffer: beginning, base: 0, end: beginning.length })).next();
  if (!step.done) throw new DomainError("dicom.truncated");
  return step.value;
}
