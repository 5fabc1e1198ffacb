import type { IncomingMessage, ServerResponse } from "node:http";
import { type Attributes, text } from "@overread/shared/dicom/attributes";
import { hasContentTree, SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import { bulkExtent, readBulk } from "#server/archive/index.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, instanceMetadata } from "#server/domain/imaging/index.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { documentPolicy, reportAsPage, reportAsText } from "./document-text.ts";
import type { Caller } from "./grant.ts";

/** A longer PDF is refused, since it is held in memory completely. Bytes. */
const pdfLimit = 256 << 20;

const isReport = ({ sopClassUid }: InstanceLocation): boolean => hasContentTree(sopClassUid);

/** Whether an instance is rendered as text or as the document it contains, not as an image. */
export const isDocument = (location: InstanceLocation): boolean =>
  isReport(location) || location.sopClassUid === SOP.encapsulatedPdf;

/**
 * A structured report as text/html or text/plain, an encapsulated PDF as the PDF (PS3.18 Table 8.7.4-1).
 *
 * @throws {DomainError} `request.not-acceptable`; `dicom.cannot-render` for a document that is no PDF
 */
export async function retrieveDocument(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  location: InstanceLocation,
): Promise<void> {
  const types = isReport(location) ? ["text/html", "text/plain"] : ["application/pdf"];
  const type = accepted(req).flatMap((entry) => types.filter((each) => covers(entry.type, each)))[0];
  if (!type) throw new DomainError("request.not-acceptable");
  const { instanceId } = location;
  const [json] = await withTenantSql(caller.actor, (ctx) => instanceMetadata(ctx, { instanceId }), { readOnly: true });
  if (!json) throw new DomainError("instance.not-found");
  const metadata = JSON.parse(json) as Attributes;
  const body =
    type === "application/pdf"
      ? await pdfOf(location, metadata)
      : Buffer.from(type === "text/html" ? reportAsPage(metadata) : reportAsText(metadata));
  res.writeHead(200, {
    "Content-Type": type === "application/pdf" ? type : `${type}; charset=utf-8`,
    "Content-Length": body.length,
    "Content-Security-Policy": documentPolicy,
    // A PDF may contain active content: it is sent as an attachment.
    ...(type === "application/pdf" ? { "Content-Disposition": "attachment" } : {}),
    "Cache-Control": "private, no-cache",
    Vary: "Accept",
    "X-Content-Type-Options": "nosniff",
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

/** The document without the byte that pads it to even length. */
async function pdfOf(location: InstanceLocation, metadata: Attributes): Promise<Buffer> {
  const bytes = await documentBytes(location, metadata);
  if (bytes.subarray(0, 1024).indexOf("%PDF-") < 0)
    throw new DomainError("dicom.cannot-render", { details: { reason: "The document in this object is no PDF." } });
  const stated = Number(text(metadata, Tag.EncapsulatedDocumentLength) ?? bytes.length);
  return stated === bytes.length - 1 ? bytes.subarray(0, stated) : bytes;
}

async function documentBytes(location: InstanceLocation, metadata: Attributes): Promise<Buffer> {
  const inline = metadata[Tag.EncapsulatedDocument]?.InlineBinary;
  if (inline !== undefined) return Buffer.from(inline, "base64");
  if (metadata[Tag.EncapsulatedDocument]?.BulkDataURI === undefined)
    throw new DomainError("dicom.cannot-render", { details: { reason: "There is no document in this object." } });
  const extent = bulkExtent(location, Tag.EncapsulatedDocument);
  if (extent.length > pdfLimit)
    throw new DomainError("dicom.cannot-render", { details: { reason: "The document is too large for this." } });
  const pieces: Buffer[] = [];
  for await (const piece of readBulk(location, extent, 0, extent.length)) pieces.push(piece);
  return Buffer.concat(pieces);
}
