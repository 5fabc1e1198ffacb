import type { IncomingMessage, ServerResponse } from "node:http";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import { bulkExtent, frameIndexOfInstance, readBulk, readFrames } from "#server/archive/index.ts";
import { write } from "#server/http/answer.ts";
import { byteRange, immutable, isNotModified, noSniff } from "#server/http/conditional.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { multipartEnd, newBoundary, partHead } from "#server/http/multipart.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { type Caller, locateInstance } from "./grant.ts";
import { framesForm, framesPerRequest, sendParts } from "./retrieve-frames.ts";
import type { Target } from "./routes.ts";

const octets = "application/octet-stream";

/** Retrieve bulk data (PS3.18 §10.4.1.1.5) by the URI in the metadata, with Range. */
export async function retrieveBulkData(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, path, root }: Required<Target> & { path: string; root: string },
): Promise<void> {
  const location = await locateInstance(caller, { study, series, instance });
  const { pixel } = frameIndexOfInstance(location);
  if (pixel?.kind === "encapsulated" && path === Tag.PixelData) {
    const numbers = pixel.frames.map((_, index) => index + 1).slice(0, framesPerRequest);
    const form = framesForm(req, location, numbers.length);
    if (form.decode) throw new DomainError("request.not-acceptable");
    const place = `${root}/studies/${study}/series/${series}/instances/${instance}/frames`;
    const memory = new ReadingMemory();
    const bodies = await readFrames(location, numbers, memory);
    res.once("finish", () => memory.giveBack());
    return sendParts(res, bodies, form, (index) => `${place}/${numbers[index]}`);
  }
  const etag = `"${location.dataSetSha256}.${location.transferSyntaxUid}.${path.replace(/[^0-9A-Za-z/.]/g, "")}"`;
  if (isNotModified(req, res, etag, immutable)) return;
  const extent = bulkExtent(location, path);
  const wanted = accepted(req);
  // The media type of a report or an image in a document follows from its SOP class; the document's own claim is not
  // trusted.
  const document =
    path === Tag.EncapsulatedDocument && location.sopClassUid === SOP.encapsulatedPdf ? "application/pdf" : null;
  const fits = (each: string): boolean => covers(each, octets) || (document !== null && covers(each, document));
  const entry = wanted.find(({ type, parameters }) =>
    type === "multipart/related" ? fits(parameters.type ?? "*/*") : fits(type),
  );
  if (!entry) throw new DomainError("request.not-acceptable");
  const multipart = entry.type === "multipart/related";
  const inner = multipart ? (entry.parameters.type ?? "*/*") : entry.type;
  const bodyType = document && !inner.includes("*") && inner !== octets ? document : octets;
  const range = multipart ? null : byteRange(req, extent.length, etag);
  const { start, end } = range ?? { start: 0, end: extent.length };
  const chunks = readBulk(location, extent, start, end)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const boundary = newBoundary();
  const head = multipart ? partHead(boundary, { "Content-Type": bodyType }, true) : Buffer.alloc(0);
  const tail = multipart ? multipartEnd(boundary) : Buffer.alloc(0);
  res.writeHead(range ? 206 : 200, {
    // A document's own media type is not trusted: it is sent as an attachment.
    "Content-Type": multipart ? `multipart/related; type="${bodyType}"; boundary=${boundary}` : bodyType,
    "Content-Disposition": "attachment",
    "Content-Length": head.length + end - start + tail.length,
    "Accept-Ranges": "bytes",
    ETag: etag,
    ...(range ? { "Content-Range": `bytes ${start}-${end - 1}/${extent.length}` } : {}),
    ...immutable,
    ...noSniff,
  });
  if (req.method === "HEAD") {
    await chunks.return?.(undefined);
    res.end();
    return;
  }
  if (multipart) res.write(head);
  for (let next = first; !next.done; next = await chunks.next())
    if (!(await write(res, next.value))) {
      await chunks.return?.(undefined);
      return;
    }
  res.end(tail);
}
