import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { DomainError } from "@overread/shared/errors";
import {
  decodeFrames,
  frameIndexOfInstance,
  hasRendition,
  readFrames,
  readRendition,
  renditionSyntax,
} from "#server/archive/index.ts";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { immutable, isNotModified, noSniff } from "#server/http/conditional.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { multipartEnd, newBoundary, partHead } from "#server/http/multipart.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { type Caller, locateInstance } from "./grant.ts";
import type { Target } from "./routes.ts";

const octets = "application/octet-stream";
export const framesPerRequest = 1000;

/** Retrieve frames (PS3.18 §10.4.1.1.6): as stored where that is accepted, else uncompressed; of the lossless rendition where that is asked for. */
export async function retrieveFrames(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, frames, root }: Required<Target> & { frames: string; root: string },
): Promise<void> {
  const numbers = frameNumbers(frames);
  const location = await locateInstance(caller, { study, series, instance });
  const memory = new ReadingMemory();
  // "finish": the operating system has taken the last byte.
  res.once("finish", () => memory.giveBack());
  const place = `${root}/studies/${study}/series/${series}/instances/${instance}/frames`;
  const placeOf = (index: number): string => `${place}/${numbers[index]}`;
  const isKnown = (form: FramesForm): boolean => {
    const name = [
      location.dataSetSha256,
      location.transferSyntaxUid,
      numbers.join(),
      form.syntax,
      form.type,
      form.single,
    ].join("/");
    const etag = `"${createHash("sha256").update(name).digest("base64url")}"`;
    if (isNotModified(req, res, etag, immutable)) return true;
    res.setHeader("ETag", etag);
    return false;
  };
  const rendition = renditionForm(req, location, numbers.length);
  if (rendition) {
    if (isKnown(rendition)) return;
    const streams = await readRendition(caller.org.id, location, numbers, memory);
    if (streams) return sendParts(res, streams, rendition, placeOf);
  }
  const form = framesForm(req, location, numbers.length);
  if (isKnown(form)) return;
  const stored = await readFrames(location, numbers, memory);
  const bodies = form.decode ? await decodeFrames(caller.actor, location, stored, numbers) : stored;
  sendParts(res, bodies, form, placeOf);
}

/** `1`, `1,3,7` @throws {DomainError} `request.invalid`, `request.too-large` */
export function frameNumbers(text: string): number[] {
  // A comma may come encoded; any other escape stands for no number.
  const numbers = text
    .replace(/%2c/gi, ",")
    .split(",")
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : 0));
  if (numbers.includes(0)) throw new DomainError("request.invalid", { details: { parameter: "frames" } });
  if (numbers.length > framesPerRequest) throw new DomainError("request.too-large");
  return numbers;
}

export type FramesForm = { single: boolean; type: string; syntax: string; decode: boolean };

export function framesForm(req: IncomingMessage, location: InstanceLocation, count: number): FramesForm {
  const stored = transferSyntaxes[location.transferSyntaxUid];
  const encapsulated = frameIndexOfInstance(location).pixel?.kind === "encapsulated";
  const uncompressed = stored && !encapsulated && !stored.opaquePixels;
  // Native pixels are sent as explicit little endian, whatever byte order or deflation they are stored in.
  const syntax = uncompressed ? TS.explicitLittleEndian : location.transferSyntaxUid;
  const nativeType = uncompressed ? octets : (stored?.mediaType ?? octets);
  for (const entry of accepted(req)) {
    const multipart = covers(entry.type, "multipart/related");
    const single = !multipart && count === 1;
    if (!multipart && !single) continue;
    const inner = multipart ? (entry.parameters.type ?? "*/*").toLowerCase() : entry.type;
    const wanted = entry.parameters["transfer-syntax"];
    const asStored = wanted === "*" || wanted === syntax || wanted === location.transferSyntaxUid;
    if (
      covers(inner, nativeType) &&
      (asStored || wanted === undefined) &&
      (nativeType !== octets || uncompressed || asStored || inner === "*/*")
    )
      return { single, type: nativeType, syntax, decode: false };
    if (!covers(inner, octets)) continue;
    // Viewers request octet-stream in any syntax and read the actual syntax from the part's header.
    if (asStored) return { single, type: octets, syntax, decode: false };
    if (wanted === undefined || wanted === TS.explicitLittleEndian || wanted === TS.implicitLittleEndian)
      return { single, type: octets, syntax: TS.explicitLittleEndian, decode: !uncompressed };
  }
  throw new DomainError("request.not-acceptable");
}

/**
 * Frames of the lossless rendition beside an image, where exactly that is asked for: its transfer syntax by name, or its media type (PS3.18
 * Table 8.7.3-5), before anything that the image is served as otherwise. Null: as without it.
 */
function renditionForm(req: IncomingMessage, location: InstanceLocation, count: number): FramesForm | null {
  if (!hasRendition(location)) return null;
  const type = transferSyntaxes[renditionSyntax]?.mediaType ?? octets;
  for (const entry of accepted(req)) {
    const multipart = covers(entry.type, "multipart/related");
    const single = !multipart && count === 1;
    if (!multipart && !single) continue;
    const inner = multipart ? (entry.parameters.type ?? "*/*").toLowerCase() : entry.type;
    const wanted = entry.parameters["transfer-syntax"];
    if (wanted !== renditionSyntax && !(wanted === undefined && inner === type)) return null;
    if (covers(inner, type)) return { single, type, syntax: renditionSyntax, decode: false };
    if (covers(inner, octets)) return { single, type: octets, syntax: renditionSyntax, decode: false };
  }
  return null;
}

/** Sends bodies as they are, or each as a part with its Content-Location. */
export function sendParts(
  res: ServerResponse,
  bodies: Buffer[],
  { single, type, syntax }: FramesForm,
  place: (index: number) => string,
): void {
  const contentType = `${type}; transfer-syntax=${syntax}`;
  if (single) {
    const body = bodies[0] as Buffer;
    res.writeHead(200, { "Content-Type": contentType, "Content-Length": body.length, ...immutable, ...noSniff });
    res.end(body);
    return;
  }
  const boundary = newBoundary();
  const pieces = bodies.flatMap((body, index) => [
    partHead(boundary, { "Content-Type": contentType, "Content-Location": place(index) }, index === 0),
    body,
  ]);
  pieces.push(multipartEnd(boundary));
  res.writeHead(200, {
    "Content-Type": `multipart/related; type="${type}"; boundary=${boundary}`,
    "Content-Length": pieces.reduce((sum, { length }) => sum + length, 0),
    ...immutable,
    ...noSniff,
  });
  res.cork();
  for (const piece of pieces) res.write(piece);
  res.end();
}
