import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { preparedMetadata, underRoot, unzipped, withRoot } from "#server/archive/index.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { instanceMetadata } from "#server/domain/imaging/index.ts";
import { acceptsGzip, sendJsonText } from "#server/http/answer.ts";
import { isNotModified, noSniff } from "#server/http/conditional.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { type Caller, findInstance, grantStudy } from "./grant.ts";
import type { Target } from "./routes.ts";

/** Retrieve metadata (PS3.18 §10.4.1.1.2): DICOM JSON without bulk data, with ETag. */
export async function retrieveMetadata(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, root }: Target & { root: string },
): Promise<void> {
  const wanted = accepted(req);
  if (!wanted.some(({ type }) => covers(type, "application/dicom+json") || covers(type, "application/json")))
    throw new DomainError("request.not-acceptable");
  const grant = await grantStudy(caller, study);
  if (series && instance) {
    const location = await findInstance(caller, grant, { series, instance });
    const etag = `W/"${location.dataSetSha256}.${location.transferSyntaxUid}"`;
    if (isNotModified(req, res, etag, metadataHeaders(etag))) return;
    const parts = await withTenantSql(
      caller.actor,
      (ctx) => instanceMetadata(ctx, { instanceId: location.instanceId }),
      { readOnly: true },
    );
    return sendJsonText(res, withRoot(`[${parts.join(",")}]`, root), {
      type: "application/dicom+json",
      headers: metadataHeaders(etag),
    });
  }
  const prepared = await preparedMetadata(caller.actor, caller.org, {
    studyId: grant.studyId,
    seriesInstanceUid: series,
  });
  if (!prepared) throw new DomainError(series ? "series.not-found" : "study.not-found");
  const etag = `W/"${prepared.digest}"`;
  if (isNotModified(req, res, etag, metadataHeaders(etag))) return;
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

/** More images may come, so a cached copy is revalidated each time, which costs no body. */
const metadataHeaders = (etag: string): Record<string, string> => ({
  ETag: etag,
  "Cache-Control": "private, no-cache",
  Vary: "Accept, Accept-Encoding",
});
