import type { IncomingMessage, ServerResponse } from "node:http";
import { TS, transferSyntaxes } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import {
  bulkExtent,
  decodeFrames,
  explicitForm,
  frameIndexOfInstance,
  hasExplicitForm,
  preparedMetadata,
  readBulk,
  readFrames,
  readWhole,
  underRoot,
  unzipped,
  withRoot,
} from "#server/archive/index.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, instanceMetadata, locateInstances } from "#server/domain/imaging/index.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { type Caller, findInstance, grantStudy } from "./grant.ts";
import { covers, type MediaType, parseAccept } from "./media-type.ts";
import { multipartEnd, newBoundary, partHead } from "./multipart.ts";
import { acceptsGzip, sendJson, write } from "./respond.ts";
import { sendObjects } from "./send-objects.ts";

/** The UIDs of an address. */
export type Target = { study: string; series?: string | undefined; instance?: string | undefined };

/** An instance never changes under its UID, so a copy in the reader's own browser is as good as ours. */
const immutable = { "Cache-Control": "private, max-age=86400, immutable", Vary: "Accept" };
const noSniff = { "X-Content-Type-Options": "nosniff" };

/** Whether a stored transfer syntax satisfies one Accept entry: `*`, none given, or just that one. */
function syntaxFits({ parameters }: MediaType, stored: string): boolean {
  const wanted = parameters["transfer-syntax"];
  return wanted === undefined || wanted === "*" || wanted === stored;
}

/**
 * RetrieveStudy, RetrieveSeries, RetrieveInstance (PS3.18 §10.4.1.1): Part 10 files as they are stored where any syntax is accepted.
 * Without a word on the syntax, and where it is asked for, what is stored native comes as Explicit VR Little Endian (§8.7.3.5.2).
 */
export async function retrieveInstances(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance }: Target,
): Promise<void> {
  const grant = await grantStudy(caller, study);
  const found =
    series && instance
      ? [await findInstance(caller, grant, { series, instance })]
      : await withTenantSql(caller.actor, (ctx) =>
          locateInstances(ctx, { studyId: grant.studyId, ...(series ? { seriesInstanceUid: series } : {}) }),
        );
  if (found.length === 0) throw new DomainError(series ? "series.not-found" : "study.not-found");
  const { single, explicit } = instancesForm(req, found);
  if (explicit) return sendExplicit(res, found, single);
  if (single) return sendSingle(res, found[0] as InstanceLocation);
  await sendMultipart(res, found);
}

/** `explicit`: at least one instance has to be written anew in Explicit VR Little Endian. */
function instancesForm(req: IncomingMessage, found: InstanceLocation[]): { single: boolean; explicit: boolean } {
  for (const entry of parseAccept(req.headers.accept)) {
    const wanted = entry.parameters["transfer-syntax"];
    const standard = wanted === undefined || wanted === TS.explicitLittleEndian;
    const fits = (each: InstanceLocation): boolean =>
      syntaxFits(entry, each.transferSyntaxUid) || (standard && hasExplicitForm(each));
    if (!found.every(fits)) continue;
    const explicit = standard && found.some(hasExplicitForm);
    const related = (entry.parameters.type ?? "application/dicom").toLowerCase();
    if (covers(entry.type, "multipart/related") && covers(related, "application/dicom"))
      return { single: false, explicit };
    if (entry.type === "application/dicom" && found.length === 1) return { single: true, explicit };
  }
  throw new DomainError("request.not-acceptable");
}

/** Instances that are written anew on their way out, one at a time in memory; among several, the others go as they are stored. */
async function sendExplicit(res: ServerResponse, found: InstanceLocation[], single: boolean): Promise<void> {
  const boundary = newBoundary();
  const type = single ? explicitType : `multipart/related; type="application/dicom"; boundary=${boundary}`;
  for (const [index, instance] of found.entries()) {
    const anew = hasExplicitForm(instance);
    const pieces = anew ? await explicitForm(instance) : await readWhole(instance);
    if (index === 0) {
      const whole = pieces.reduce((sum, { length }) => sum + length, 0);
      res.writeHead(200, {
        "Content-Type": type,
        ...(single ? { "Content-Length": whole, "Content-Disposition": "attachment" } : {}),
        ...(single ? { ETag: `"${instance.dataSetSha256}-explicit"` } : {}),
        ...immutable,
        ...noSniff,
      });
    }
    const syntax = anew ? TS.explicitLittleEndian : instance.transferSyntaxUid;
    const head = partHead(boundary, { "Content-Type": `application/dicom; transfer-syntax=${syntax}` }, index === 0);
    for (const piece of single ? pieces : [head, ...pieces]) if (!(await write(res, piece))) return;
  }
  res.end(single ? undefined : multipartEnd(boundary));
}
const explicitType = `application/dicom; transfer-syntax=${TS.explicitLittleEndian}`;

async function sendSingle(res: ServerResponse, instance: InstanceLocation): Promise<void> {
  await sendObjects(res, [instance], () =>
    res.writeHead(200, {
      "Content-Type": `application/dicom; transfer-syntax=${instance.transferSyntaxUid}`,
      "Content-Length": instance.sizeBytes,
      "Content-Disposition": "attachment",
      ETag: `"${instance.dataSetSha256}"`,
      ...immutable,
      ...noSniff,
    }),
  );
}

async function sendMultipart(res: ServerResponse, found: InstanceLocation[]): Promise<void> {
  const boundary = newBoundary();
  const parts = found.map(({ objectKey, sizeBytes, transferSyntaxUid }, index) => {
    const type = `application/dicom; transfer-syntax=${transferSyntaxUid}`;
    return { objectKey, sizeBytes, before: partHead(boundary, { "Content-Type": type }, index === 0) };
  });
  const end = multipartEnd(boundary);
  const total = parts.reduce((sum, { sizeBytes, before }) => sum + sizeBytes + before.length, end.length);
  const begin = () =>
    res.writeHead(200, {
      "Content-Type": `multipart/related; type="application/dicom"; boundary=${boundary}`,
      "Content-Length": total,
      ...immutable,
      ...noSniff,
    });
  await sendObjects(res, parts, begin, end);
}

/** Retrieve metadata (PS3.18 §10.4.1.1.2): DICOM JSON without bulk data, with ETag. */
export async function retrieveMetadata(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, root }: Target & { root: string },
): Promise<void> {
  const wanted = parseAccept(req.headers.accept);
  if (!wanted.some(({ type }) => covers(type, "application/dicom+json") || covers(type, "application/json")))
    throw new DomainError("request.not-acceptable");
  const grant = await grantStudy(caller, study);
  if (series && instance) {
    const location = await findInstance(caller, grant, { series, instance });
    const etag = `W/"${location.dataSetSha256}"`;
    if (isNotModified(req, res, etag)) return;
    const parts = await withTenantSql(caller.actor, (ctx) =>
      instanceMetadata(ctx, { instanceId: location.instanceId }),
    );
    return sendJson(req, res, withRoot(`[${parts.join(",")}]`, root), { headers: metadataHeaders(etag) });
  }
  const prepared = await preparedMetadata(caller.actor, caller.org, {
    studyId: grant.studyId,
    seriesInstanceUid: series,
  });
  if (!prepared) throw new DomainError(series ? "series.not-found" : "study.not-found");
  const etag = `W/"${prepared.digest}"`;
  if (isNotModified(req, res, etag)) return;
  const zipped = await underRoot(prepared.digest, await prepared.read(), caller.org.slug, root);
  const gzipped = acceptsGzip(req);
  const body = gzipped ? zipped : await unzipped(zipped);
  res.writeHead(200, {
    "Content-Type": "application/dicom+json",
    "Content-Length": body.length,
    ...(gzipped ? { "Content-Encoding": "gzip" } : {}),
    ...metadataHeaders(etag),
    ...noSniff,
  });
  res.end(body);
}

/** More images may come, so a copy is asked about each time; asking costs no body. */
const metadataHeaders = (etag: string): Record<string, string> => ({
  ETag: etag,
  "Cache-Control": "private, no-cache",
  Vary: "Accept, Accept-Encoding",
});

function isNotModified(req: IncomingMessage, res: ServerResponse, etag: string): boolean {
  const plain = etag.replace(/^W\//, "");
  const known = (req.headers["if-none-match"] ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  if (!known.includes(plain) && !known.includes("*")) return false;
  res.writeHead(304, metadataHeaders(etag));
  res.end();
  return true;
}

/** Media types of compressed frames (PS3.18 Table 8.7.3-5). */
const mediaTypes: Record<string, string> = {
  [TS.jpegBaseline]: "image/jpeg",
  [TS.jpegExtended]: "image/jpeg",
  [TS.jpegLossless]: "image/jpeg",
  [TS.jpegLosslessSv1]: "image/jpeg",
  [TS.jpegLsLossless]: "image/jls",
  [TS.jpegLsNearLossless]: "image/jls",
  [TS.jpeg2000Lossless]: "image/jp2",
  [TS.jpeg2000]: "image/jp2",
  [TS.jpeg2000MultiComponentLossless]: "image/jpx",
  [TS.jpeg2000MultiComponent]: "image/jpx",
  [TS.htj2kLossless]: "image/jphc",
  [TS.htj2kLosslessRpcl]: "image/jphc",
  [TS.htj2k]: "image/jphc",
  [TS.jpegXlLossless]: "image/jxl",
  [TS.jpegXlRecompression]: "image/jxl",
  [TS.jpegXl]: "image/jxl",
  [TS.rleLossless]: "image/dicom-rle",
  [TS.mpeg2MainMl]: "video/mpeg",
  [TS.mpeg2MainHl]: "video/mpeg",
  [TS.mpeg4High41]: "video/mp4",
  [TS.mpeg4BdHigh41]: "video/mp4",
  [TS.mpeg4High42For2d]: "video/mp4",
  [TS.mpeg4High42For3d]: "video/mp4",
  [TS.mpeg4StereoHigh42]: "video/mp4",
  [TS.hevcMain51]: "video/mp4",
  [TS.hevcMain10_51]: "video/mp4",
};
const octets = "application/octet-stream";
const framesPerRequest = 1000;

/** Retrieve frames (PS3.18 §10.4.1.1.6), as stored where that is accepted, else uncompressed. */
export async function retrieveFrames(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, frames }: Required<Target> & { frames: string },
): Promise<void> {
  const numbers = frameNumbers(frames);
  const location = await locate(caller, { study, series, instance });
  const form = framesForm(req, location, numbers.length);
  const memory = new ReadingMemory();
  const stored = await readFrames(location, numbers, memory);
  const bodies = form.decode ? await decodeFrames(caller.actor, location, stored, numbers) : stored;
  // "finish": the system has taken the last byte.
  res.once("finish", () => memory.giveBack());
  sendParts(res, bodies, form);
}

async function locate(
  caller: Caller,
  { study, series, instance }: { study: string | undefined; series: string | undefined; instance: string | undefined },
): Promise<InstanceLocation> {
  const grant = await grantStudy(caller, study as string);
  return findInstance(caller, grant, { series: series as string, instance: instance as string });
}

/** `1`, `1,3,7` @throws {DomainError} `request.invalid`, `request.too-large` */
export function frameNumbers(text: string): number[] {
  const numbers = decodeURIComponent(text)
    .split(",")
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : 0));
  if (numbers.includes(0)) throw new DomainError("request.invalid", { details: { parameter: "frames" } });
  if (numbers.length > framesPerRequest) throw new DomainError("request.too-large");
  return numbers;
}

type FramesForm = { single: boolean; type: string; syntax: string; decode: boolean };

function framesForm(req: IncomingMessage, location: InstanceLocation, count: number): FramesForm {
  const stored = transferSyntaxes[location.transferSyntaxUid];
  const encapsulated = frameIndexOfInstance(location).pixel?.kind === "encapsulated";
  const uncompressed = stored && !encapsulated;
  // Native pixels go out as explicit little endian, whatever byte order or deflation they are kept in.
  const syntax = uncompressed ? TS.explicitLittleEndian : location.transferSyntaxUid;
  const nativeType = uncompressed ? octets : (mediaTypes[location.transferSyntaxUid] ?? octets);
  for (const entry of parseAccept(req.headers.accept)) {
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
    // Viewers ask for octets in any syntax and read which one it is from the part's header.
    if (asStored) return { single, type: octets, syntax, decode: false };
    if (wanted === undefined || wanted === TS.explicitLittleEndian || wanted === TS.implicitLittleEndian)
      return { single, type: octets, syntax: TS.explicitLittleEndian, decode: !uncompressed };
  }
  throw new DomainError("request.not-acceptable");
}

function sendParts(res: ServerResponse, bodies: Buffer[], { single, type, syntax }: FramesForm): void {
  const contentType = `${type}; transfer-syntax=${syntax}`;
  if (single) {
    const body = bodies[0] as Buffer;
    res.writeHead(200, { "Content-Type": contentType, "Content-Length": body.length, ...immutable, ...noSniff });
    res.end(body);
    return;
  }
  const boundary = newBoundary();
  const pieces = bodies.flatMap((body, index) => [
    partHead(boundary, { "Content-Type": contentType }, index === 0),
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

/** Retrieve bulk data (PS3.18 §10.4.1.1.5) by the URI in the metadata, with Range. */
export async function retrieveBulkData(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, path }: Required<Target> & { path: string },
): Promise<void> {
  const location = await locate(caller, { study, series, instance });
  const { pixel } = frameIndexOfInstance(location);
  if (pixel?.kind === "encapsulated" && path === "7FE00010") {
    const numbers = pixel.frames.map((_, index) => index + 1).slice(0, framesPerRequest);
    const form = framesForm(req, location, numbers.length);
    if (form.decode) throw new DomainError("request.not-acceptable");
    return sendParts(res, await readFrames(location, numbers), form);
  }
  const extent = bulkExtent(location, path);
  const wanted = parseAccept(req.headers.accept);
  const entry = wanted.find(({ type, parameters }) =>
    type === "multipart/related" ? covers(parameters.type ?? "*/*", octets) : covers(type, octets),
  );
  if (!entry) throw new DomainError("request.not-acceptable");
  const multipart = entry.type === "multipart/related";
  const range = multipart ? null : byteRange(req.headers.range, extent.length);
  const { start, end } = range ?? { start: 0, end: extent.length };
  const chunks = readBulk(location, extent, start, end)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const boundary = newBoundary();
  const head = multipart ? partHead(boundary, { "Content-Type": octets }, true) : Buffer.alloc(0);
  const tail = multipart ? multipartEnd(boundary) : Buffer.alloc(0);
  res.writeHead(range ? 206 : 200, {
    // What a document says of its own type is never believed: it is saved, not shown.
    "Content-Type": multipart ? `multipart/related; type="${octets}"; boundary=${boundary}` : octets,
    "Content-Disposition": "attachment",
    "Content-Length": head.length + end - start + tail.length,
    "Accept-Ranges": "bytes",
    ...(range ? { "Content-Range": `bytes ${start}-${end - 1}/${extent.length}` } : {}),
    ...immutable,
    ...noSniff,
  });
  if (multipart) res.write(head);
  for (let next = first; !next.done; next = await chunks.next())
    if (!(await write(res, next.value))) {
      await chunks.return?.(undefined);
      return;
    }
  res.end(tail);
}

/**
 * One range of bytes (RFC 9110 §14.2); several, or units we do not know, are answered with the whole.
 * @throws {DomainError} `request.invalid` for a range behind the end
 */
export function byteRange(header: string | undefined, length: number): { start: number; end: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [, from = "", to = ""] = match;
  const start = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const end = from === "" || to === "" ? length : Math.min(length, Number(to) + 1);
  if (start >= end) throw new DomainError("request.invalid", { details: { reason: "range" } });
  return { start, end };
}
