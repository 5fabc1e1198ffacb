import { deflateRawSync } from "node:zlib";
import { DomainError } from "../errors.ts";
import type { BytesElement, FragmentsElement, WritableDataSet, WritableElement } from "./build.ts";
import { type EncodeText, textEncoderFor } from "./character-set.ts";
import type { PersonName } from "./dicom-json.ts";
import { Tag } from "./tags.ts";
import { TS, transferSyntaxes } from "./transfer-syntaxes.ts";
import { implementationClassUid, implementationVersionName } from "./uids.ts";
import { swapped } from "./value.ts";
import { localisedVrs, longVrs, unitBytes } from "./vr.ts";

export type { BytesElement, FragmentsElement, WritableDataSet, WritableElement };

export type EncodeOptions = {
  /**
   * Defined terms of (0008,0005), several separated by backslash (`"\\ISO 2022 IR 87"`); `"ISO_IR 192"` by default.
   */
  specificCharacterSet?: string;
};

type Form = { implicit: boolean; bigEndian: boolean; encode: EncodeText };

/**
 * Writes a data set (Node only): elements by ascending tag, even lengths, sequences with defined lengths.
 *
 * Specific Character Set is set to what the text is written in; what that set lacks becomes `?`. Group lengths
 * and group 0002 in the data set are left out.
 *
 * @throws {DomainError} `dicom.unsupported-transfer-syntax` for one we do not know.
 * @throws {TypeError} for an element that has only a bulk data URI: its bytes are not here.
 * @see DICOM PS3.5 §7 and Annex A
 */
export function encodeDataSet(
  dataset: WritableDataSet,
  transferSyntaxUid: string,
  options: EncodeOptions = {},
): Buffer {
  const syntax = transferSyntaxes[transferSyntaxUid];
  if (!syntax) throw new DomainError("dicom.unsupported-transfer-syntax");
  const terms = options.specificCharacterSet ?? "ISO_IR 192";
  const form: Form = {
    implicit: syntax.implicit,
    bigEndian: syntax.bigEndian,
    encode: textEncoderFor(terms.split("\\").map((term) => term.trim())),
  };
  const withSet: WritableDataSet = { ...dataset };
  if (terms === "") delete withSet[Tag.SpecificCharacterSet];
  else withSet[Tag.SpecificCharacterSet] = { vr: "CS", Value: terms.split("\\").map((term) => term || null) };
  const bytes = encodeElements(withSet, form);
  return syntax.deflated ? padded(deflateRawSync(bytes), 0) : bytes;
}

/**
 * Writes a whole Part 10 file (Node only): zero preamble, our group 0002, data set.
 *
 * @throws as {@link encodeDataSet}; {DomainError} `dicom.missing-attribute` without SOP class or instance UID.
 * @see DICOM PS3.10 §7.1
 */
export function encodePart10(file: {
  dataset: WritableDataSet;
  transferSyntaxUid: string;
  specificCharacterSet?: string;
}): Buffer {
  const { dataset, transferSyntaxUid, ...options } = file;
  const sopClassUid = uidIn(dataset, Tag.SOPClassUID);
  const sopInstanceUid = uidIn(dataset, Tag.SOPInstanceUID);
  const head = part10Head({ sopClassUid, sopInstanceUid, transferSyntaxUid });
  return Buffer.concat([head, encodeDataSet(dataset, transferSyntaxUid, options)]);
}

/**
 * The head to put before data set bytes that are kept as they came: 128 zero bytes, `DICM` and group 0002 of ours.
 *
 * @param meta.sourceAeTitle the AE title that sent the object, (0002,0016).
 * @see DICOM PS3.10 §7.1
 */
export function part10Head(meta: {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  sourceAeTitle?: string;
}): Buffer {
  const form: Form = { implicit: false, bigEndian: false, encode: textEncoderFor([]) };
  const group: WritableDataSet = {
    [Tag.FileMetaInformationVersion]: { vr: "OB", bytes: Uint8Array.of(0, 1) },
    [Tag.MediaStorageSOPClassUID]: { vr: "UI", Value: [meta.sopClassUid] },
    [Tag.MediaStorageSOPInstanceUID]: { vr: "UI", Value: [meta.sopInstanceUid] },
    [Tag.TransferSyntaxUID]: { vr: "UI", Value: [meta.transferSyntaxUid] },
    [Tag.ImplementationClassUID]: { vr: "UI", Value: [implementationClassUid] },
    [Tag.ImplementationVersionName]: { vr: "SH", Value: [implementationVersionName] },
  };
  if (meta.sourceAeTitle)
    group[Tag.SourceApplicationEntityTitle] = { vr: "AE", Value: [meta.sourceAeTitle.slice(0, 16)] };
  const elements = Object.keys(group)
    .sort()
    .map((tag) => encodeElement(tag, group[tag] as WritableElement, form));
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  const groupLength = withHeader(Tag.FileMetaInformationGroupLength, "UL", length, form);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM", "latin1"), groupLength, body]);
}

function uidIn(dataset: WritableDataSet, tag: string): string {
  const element = dataset[tag];
  const value = element && "Value" in element ? element.Value?.[0] : undefined;
  if (typeof value !== "string") throw new DomainError("dicom.missing-attribute", { details: { tag } });
  return value;
}

function encodeElements(dataset: WritableDataSet, form: Form): Buffer {
  const parts: Buffer[] = [];
  for (const tag of Object.keys(dataset).sort()) {
    const element = dataset[tag];
    if (element && !tag.startsWith("0002") && !tag.endsWith("0000")) parts.push(encodeElement(tag, element, form));
  }
  return Buffer.concat(parts);
}

function encodeElement(tag: string, element: WritableElement, form: Form): Buffer {
  if ("fragments" in element) return encapsulated(tag, element.fragments);
  const { vr } = element;
  if ("bytes" in element) return withHeader(tag, vr, binary(element.bytes, vr, form), form);
  if (vr === "SQ") return withHeader(tag, vr, items((element.Value ?? []) as WritableDataSet[], form), form);
  if (element.InlineBinary !== undefined) {
    return withHeader(tag, vr, binary(Buffer.from(element.InlineBinary, "base64"), vr, form), form);
  }
  if (element.BulkDataURI !== undefined) throw new TypeError(`bulk data of ${tag} has no bytes to write`);
  const values = element.Value ?? [];
  const value = unitBytes[vr] ? numbers(values, vr, form) : text(values, vr, form);
  return withHeader(tag, vr, value, form);
}

function withHeader(tag: string, vr: string, value: Buffer, form: Form): Buffer {
  // A value that is too long for a 16-bit length is written as UN (PS3.5 §6.2.2, note 2).
  const written = !form.implicit && !longVrs.has(vr) && value.length > 0xfffe ? "UN" : vr;
  const long = !form.implicit && longVrs.has(written);
  const header = Buffer.alloc(long ? 12 : 8);
  writeTag(header, tag, form.bigEndian);
  if (form.implicit) {
    header.writeUInt32LE(value.length, 4);
  } else {
    header.write(written, 4, "latin1");
    if (long) write32(header, value.length, 8, form.bigEndian);
    else if (form.bigEndian) header.writeUInt16BE(value.length, 6);
    else header.writeUInt16LE(value.length, 6);
  }
  return Buffer.concat([header, value]);
}

function items(sequence: readonly WritableDataSet[], form: Form): Buffer {
  const parts: Buffer[] = [];
  for (const item of sequence) {
    const { [Tag.SpecificCharacterSet]: _inherited, ...elements } = item;
    const body = encodeElements(elements, form);
    const header = Buffer.alloc(8);
    writeTag(header, Tag.Item, form.bigEndian);
    write32(header, body.length, 4, form.bigEndian);
    parts.push(header, body);
  }
  return Buffer.concat(parts);
}

function encapsulated(tag: string, fragments: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(12);
  writeTag(header, tag, false);
  header.write("OB", 4, "latin1");
  header.writeUInt32LE(0xffffffff, 8);
  const table = Buffer.alloc(fragments.length * 4);
  const body: Buffer[] = [];
  let offset = 0;
  for (const [index, fragment] of fragments.entries()) {
    table.writeUInt32LE(offset, index * 4);
    const value = padded(Buffer.from(fragment.buffer, fragment.byteOffset, fragment.byteLength), 0);
    body.push(itemHeader(Tag.Item, value.length), value);
    offset += 8 + value.length;
  }
  return Buffer.concat([
    header,
    itemHeader(Tag.Item, table.length),
    table,
    ...body,
    itemHeader(Tag.SequenceDelimitationItem, 0),
  ]);
}

function itemHeader(tag: string, length: number): Buffer {
  const header = Buffer.alloc(8);
  writeTag(header, tag, false);
  header.writeUInt32LE(length, 4);
  return header;
}

function binary(bytes: Uint8Array, vr: string, form: Form): Buffer {
  const value =
    form.bigEndian && vr !== "UN" ? swapped(bytes, vr) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return padded(value, 0);
}

function numbers(values: readonly unknown[], vr: string, form: Form): Buffer {
  if (vr === "AT") {
    const value = Buffer.alloc(values.length * 4);
    for (const [index, tag] of values.entries()) writeTag(value.subarray(index * 4), String(tag), form.bigEndian);
    return value;
  }
  const unit = unitBytes[vr] ?? 1;
  const value = Buffer.alloc(values.length * unit);
  for (const [index, item] of values.entries()) writeNumber(value, index * unit, vr, item);
  return padded(form.bigEndian ? swapped(value, vr) : value, 0);
}

const namedNumbers: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

function writeNumber(buffer: Buffer, at: number, vr: string, item: unknown): void {
  if (vr === "SV") return void buffer.writeBigInt64LE(BigInt(item as string | number), at);
  if (vr === "UV") return void buffer.writeBigUInt64LE(BigInt(item as string | number), at);
  const number = namedNumbers[String(item)] ?? Number(item);
  if (vr === "US") buffer.writeUInt16LE(number, at);
  else if (vr === "SS") buffer.writeInt16LE(number, at);
  else if (vr === "UL") buffer.writeUInt32LE(number, at);
  else if (vr === "SL") buffer.writeInt32LE(number, at);
  else if (vr === "FL") buffer.writeFloatLE(number, at);
  else if (vr === "FD") buffer.writeDoubleLE(number, at);
  else throw new TypeError(`${vr} has no numbers`);
}

function text(values: readonly unknown[], vr: string, form: Form): Buffer {
  const joined = values.map((value) => textOf(value, vr)).join("\\");
  const bytes = localisedVrs.has(vr) ? form.encode(joined) : Buffer.from(joined, "latin1");
  return padded(Buffer.from(bytes), vr === "UI" ? 0 : 0x20);
}

function textOf(value: unknown, vr: string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return vr === "DS" ? decimalString(value) : String(value);
  if (typeof value !== "object") return String(value);
  const { Alphabetic = "", Ideographic = "", Phonetic = "" } = value as PersonName;
  return [Alphabetic, Ideographic, Phonetic].join("=").replace(/=+$/, "");
}

/** A number in the sixteen characters of DS (PS3.5 §6.2), as precise as they allow. */
export function decimalString(value: number): string {
  const plain = String(value);
  if (plain.length <= 16) return plain;
  for (let digits = 15; digits > 0; digits--) {
    const shorter = String(Number(value.toPrecision(digits)));
    if (shorter.length <= 16) return shorter;
  }
  return "0";
}

function writeTag(buffer: Buffer, tag: string, bigEndian: boolean): void {
  const group = Number.parseInt(tag.slice(0, 4), 16);
  const element = Number.parseInt(tag.slice(4), 16);
  if (bigEndian) {
    buffer.writeUInt16BE(group, 0);
    buffer.writeUInt16BE(element, 2);
  } else {
    buffer.writeUInt16LE(group, 0);
    buffer.writeUInt16LE(element, 2);
  }
}

function write32(buffer: Buffer, value: number, at: number, bigEndian: boolean): void {
  if (bigEndian) buffer.writeUInt32BE(value, at);
  else buffer.writeUInt32LE(value, at);
}

function padded(value: Buffer, padding: number): Buffer {
  return value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.of(padding)]);
}

/** Native transfer syntaxes that {@link encodeDataSet} can write. */
export const nativeSyntaxes = [
  TS.explicitLittleEndian,
  TS.implicitLittleEndian,
  TS.explicitBigEndian,
  TS.deflatedExplicitLittleEndian,
] as const;
