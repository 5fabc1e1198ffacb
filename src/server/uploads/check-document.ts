import { isActivePdf } from "@overread/shared/active-pdf";
import { jpegHeader } from "@overread/shared/dicom/pixels/jpeg-stream";
import { DomainError } from "@overread/shared/errors";
import { decodeStill, decodeStillPng, pngHead } from "#server/archive/index.ts";

/** Of a picture: a sheet at 400 dpi has 15 million. Some are stored uncompressed, three bytes each. Pixels. */
const mostPixels = 25_000_000;

/** Why a document is not taken. */
type Refusal = "type" | "other-type" | "encrypted" | "active" | "damaged" | "too-many-pixels" | "turned" | "empty";
const refuse = (reason: Refusal): DomainError => new DomainError("document.refused", { details: { reason } });

/** A document that is what it says and can be opened. */
export type CheckedDocument =
  | { mediaType: "application/pdf"; bytes: Buffer }
  | {
      mediaType: "image/jpeg" | "image/png";
      bytes: Buffer;
      columns: number;
      rows: number;
      /** 3: RGB, by pixel. */
      samples: 1 | 3;
      /** Uncompressed, 8 bits; null where the JPEG stream itself is stored. */
      pixels: Buffer | null;
    };

/**
 * Looks whether a sent document is a PDF, JPEG or PNG that can be opened: the first bytes decide, not the name, and a picture is decoded to
 * its end, outside this thread and within limits. Nothing encrypted and nothing with scripts or attached files is taken.
 *
 * @param declared media type that the sender states.
 * @throws {DomainError} `document.refused` with the reason
 */
export async function checkDocument(bytes: Buffer, declared: string | undefined): Promise<CheckedDocument> {
  if (bytes.length === 0) throw refuse("empty");
  const mediaType = typeOf(bytes);
  if (!mediaType) throw refuse("type");
  if (declared?.split(";", 1)[0]?.trim().toLowerCase() !== mediaType) throw refuse("other-type");
  if (mediaType === "application/pdf") return checkPdf(bytes);
  return mediaType === "image/jpeg" ? checkJpeg(bytes) : checkPng(bytes);
}

function typeOf(bytes: Buffer): CheckedDocument["mediaType"] | null {
  if (/^%PDF-[12]\.\d/.test(bytes.toString("latin1", 0, 8))) return "application/pdf";
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  return bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")) ? "image/png" : null;
}

async function checkPdf(bytes: Buffer): Promise<CheckedDocument> {
  const text = bytes.toString("latin1");
  if (/\/Encrypt(?![A-Za-z0-9])/.test(text)) throw refuse("encrypted");
  const end = text.slice(-2048);
  if (!end.includes("%%EOF") || !end.includes("startxref") || !/\/(?:Pages|ObjStm)(?![A-Za-z0-9])/.test(text))
    throw refuse("damaged");
  if (await isActivePdf(new Uint8Array(bytes))) throw refuse("active");
  return { mediaType: "application/pdf", bytes };
}

async function checkJpeg(bytes: Buffer): Promise<CheckedDocument> {
  const header = jpegHeader(bytes);
  if (header?.process !== "dct" || header.precision !== 8) throw refuse("damaged");
  const { width: columns, height: rows, components } = header;
  if (rows === 0 || columns === 0 || (components !== 1 && components !== 3)) throw refuse("damaged");
  if (rows * columns > mostPixels) throw refuse("too-many-pixels");
  const { stream, orientation, isBaseline } = bareJpeg(bytes);
  // Turned by a note beside the pixels, which has no place in an image of the archive.
  if (orientation > 1) throw refuse("turned");
  const picture = { columns, rows, samples: components as 1 | 3 };
  const pixels = await decodeStill(stream, picture).catch(damagedIfItCannot);
  // JPEG Baseline is what every viewer reads; of another process the pixels are stored as they are.
  return { mediaType: "image/jpeg", bytes: stream, ...picture, pixels: isBaseline ? null : pixels };
}

/**
 * A JPEG without what a camera notes beside the picture, such as where it was taken, and without what lies behind its end, such as a film;
 * and which way up it was held (Exif 2.32 §4.6.4).
 */
function bareJpeg(bytes: Buffer): { stream: Buffer; orientation: number; isBaseline: boolean } {
  const kept: Buffer[] = [bytes.subarray(0, 2)];
  let orientation = 1;
  let isBaseline = false;
  /** Its colours are not those that JPEG has in DICOM. */
  let isRgb = false;
  let at = 2;
  while (at + 4 <= bytes.length || bytes[at + 1] === 0xd9) {
    if (bytes[at] !== 0xff) throw refuse("damaged");
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) {
      kept.push(bytes.subarray(at, at + 2));
      return { stream: Buffer.concat(kept), orientation, isBaseline: isBaseline && !isRgb };
    }
    if (marker === 0xc0) isBaseline = true;
    if (marker === 0xee && bytes.toString("latin1", at + 4, at + 9) === "Adobe" && bytes[at + 15] === 0) isRgb = true;
    let next = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker === 0xda) next = endOfScan(bytes, next);
    const segment = bytes.subarray(at, next);
    if (marker === 0xe1) orientation = orientationIn(segment) ?? orientation;
    kept.push((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe ? colourNote(marker, segment) : segment);
    at = next;
  }
  throw refuse("damaged");
}

/** Of a note only what decoders need for colour: JFIF without its small picture, which may show what was cut away, and Adobe; else nothing. */
function colourNote(marker: number, segment: Buffer): Buffer {
  const name = segment.toString("latin1", 4, 9);
  if (marker === 0xe0 && name === "JFIF\0" && segment.length >= 18)
    return Buffer.concat([Buffer.from([0xff, 0xe0, 0, 16]), segment.subarray(4, 16), Buffer.alloc(2)]);
  if (marker === 0xee && name === "Adobe" && segment.length >= 16)
    return Buffer.concat([Buffer.from([0xff, 0xee, 0, 14]), segment.subarray(4, 16)]);
  return Buffer.alloc(0);
}

/** Where the next marker begins that is no restart of the scan (ITU-T T.81 §B.1.1.5). */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] as number;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

function orientationIn(segment: Buffer): number | null {
  if (segment.toString("latin1", 4, 8) !== "Exif") return null;
  const tiff = segment.subarray(10);
  if (tiff.length < 14) return null;
  const little = tiff.toString("latin1", 0, 2) === "II";
  const u16 = (at: number) => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = u16(directory);
  for (let index = 0; index < Math.min(entries, 200); index++) {
    const entry = directory + 2 + index * 12;
    if (u16(entry) === 0x0112) return u16(entry + 8);
  }
  return null;
}

async function checkPng(bytes: Buffer): Promise<CheckedDocument> {
  const head = pngHead(bytes);
  if (!head) throw refuse("damaged");
  if (head.columns * head.rows > mostPixels) throw refuse("too-many-pixels");
  return { mediaType: "image/png", bytes, ...head, pixels: await decodeStillPng(bytes).catch(damagedIfItCannot) };
}

/** What the thread cannot decode is damaged; that there is no room in it is not the document's fault. */
function damagedIfItCannot(error: unknown): never {
  throw error instanceof DomainError && error.code === "dicom.cannot-render" ? refuse("damaged") : error;
}
