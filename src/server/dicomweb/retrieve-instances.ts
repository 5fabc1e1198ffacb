import type { IncomingMessage, ServerResponse } from "node:http";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { DomainError } from "@overread/shared/errors";
import { explicitForm, hasExplicitForm, readWhole } from "#server/archive/index.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, locateInstances } from "#server/domain/imaging/index.ts";
import { write } from "#server/http/answer.ts";
import { immutable, isNotModified, noSniff } from "#server/http/conditional.ts";
import { accepted, covers, type MediaType } from "#server/http/media-type.ts";
import { multipartEnd, newBoundary, partHead } from "#server/http/multipart.ts";
import { sendObjects } from "#server/object-answers/send-objects.ts";
import { type Caller, findInstance, grantStudy, mayStillRead } from "./grant.ts";
import type { Target } from "./routes.ts";

/**
 * RetrieveStudy, RetrieveSeries, RetrieveInstance (PS3.18 §10.4.1.1): Part 10 files as stored where any syntax is
 * accepted. Without a transfer syntax in the request, and where it is requested, native instances are sent as Explicit
 * VR Little Endian (§8.7.3.5.2).
 */
export async function retrieveInstances(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, root }: Target & { root: string },
): Promise<void> {
  const grant = await grantStudy(caller, study);
  const found =
    series && instance
      ? [await findInstance(caller, grant, { series, instance })]
      : await withTenantSql(
          caller.actor,
          (ctx) => locateInstances(ctx, { studyId: grant.studyId, ...(series ? { seriesInstanceUid: series } : {}) }),
          { readOnly: true },
        );
  if (found.length === 0) throw new DomainError(series ? "series.not-found" : "study.not-found");
  const { single, anew } = instancesForm(req, found);
  const explicit = found.some(anew);
  const place = (each: InstanceLocation): string =>
    `${root}/studies/${study}/series/${each.seriesInstanceUid}/instances/${each.sopInstanceUid}`;
  if (single) {
    const { dataSetSha256, transferSyntaxUid } = found[0] as InstanceLocation;
    const etag = `"${dataSetSha256}.${explicit ? `${transferSyntaxUid}.explicit` : transferSyntaxUid}"`;
    if (isNotModified(req, res, etag, immutable)) return;
    res.setHeader("ETag", etag);
  }
  const stillMay = () => mayStillRead(req, caller, study);
  if (explicit) return sendExplicit(res, found, { single, anew }, place, stillMay);
  if (single) return sendSingle(res, found[0] as InstanceLocation, stillMay);
  await sendMultipart(res, found, place, stillMay);
}

/** How instances are sent: one as it is or each as a part, and which are written anew in Explicit VR Little Endian. */
type InstancesForm = { single: boolean; anew: (each: InstanceLocation) => boolean };

/**
 * The form by the first entry of Accept that all of them can be sent by; where there is none, by all entries together: a study holds
 * what no one syntax covers, and a client lists each that it reads.
 */
function instancesForm(req: IncomingMessage, found: InstanceLocation[]): InstancesForm {
  const entries = accepted(req);
  const ofParts = ({ type, parameters }: MediaType): boolean =>
    covers(type, "multipart/related") &&
    covers((parameters.type ?? "application/dicom").toLowerCase(), "application/dicom");
  for (const wanted of [...entries.map((entry) => [entry]), entries.filter(ofParts)]) {
    const entryFor = (each: InstanceLocation) => wanted.find((entry) => canSend(entry, each));
    if (!found.every(entryFor)) continue;
    const anew = (each: InstanceLocation): boolean => isStandard(entryFor(each)) && hasExplicitForm(each);
    if (wanted.every(ofParts)) return { single: false, anew };
    if (found.length === 1 && wanted.every(({ type }) => covers(type, "application/dicom")))
      return { single: true, anew };
  }
  throw new DomainError("request.not-acceptable");
}

/** Explicit VR Little Endian is asked for, or nothing is said of the syntax. */
const isStandard = (entry: MediaType | undefined): boolean =>
  (entry?.parameters["transfer-syntax"] ?? TS.explicitLittleEndian) === TS.explicitLittleEndian;

/** Whether one entry of Accept covers an instance: as it is stored (`*`, none given, or just that syntax), or written anew. */
function canSend(entry: MediaType, each: InstanceLocation): boolean {
  const wanted = entry.parameters["transfer-syntax"];
  if (wanted === undefined || wanted === "*" || wanted === each.transferSyntaxUid) return true;
  return isStandard(entry) && hasExplicitForm(each);
}

/** Rewrites instances while sending, one at a time in memory; the others are sent as stored. */
async function sendExplicit(
  res: ServerResponse,
  found: InstanceLocation[],
  { single, anew }: InstancesForm,
  place: (each: InstanceLocation) => string,
  stillMay: () => Promise<boolean>,
): Promise<void> {
  const boundary = newBoundary();
  const type = single ? explicitType : `multipart/related; type="application/dicom"; boundary=${boundary}`;
  for (const [index, instance] of found.entries()) {
    // A database failure does not end a download.
    if (index > 0 && !(await stillMay().catch(() => true))) {
      res.destroy();
      return;
    }
    const isAnew = anew(instance);
    const pieces = isAnew ? await explicitForm(instance) : await readWhole(instance);
    if (index === 0) {
      const whole = pieces.reduce((sum, { length }) => sum + length, 0);
      res.writeHead(200, {
        "Content-Type": type,
        ...(single ? { "Content-Length": whole, "Content-Disposition": "attachment" } : {}),
        ...immutable,
        ...noSniff,
      });
    }
    const syntax = isAnew ? TS.explicitLittleEndian : instance.transferSyntaxUid;
    if (res.req.method === "HEAD") break;
    const headers = {
      "Content-Type": `application/dicom; transfer-syntax=${syntax}`,
      "Content-Location": place(instance),
    };
    const head = partHead(boundary, headers, index === 0);
    for (const piece of single ? pieces : [head, ...pieces]) if (!(await write(res, piece))) return;
  }
  res.end(single ? undefined : multipartEnd(boundary));
}
const explicitType = `application/dicom; transfer-syntax=${TS.explicitLittleEndian}`;

async function sendSingle(
  res: ServerResponse,
  instance: InstanceLocation,
  stillMay: () => Promise<boolean>,
): Promise<void> {
  const begin = () =>
    res.writeHead(200, {
      "Content-Type": `application/dicom; transfer-syntax=${instance.transferSyntaxUid}`,
      "Content-Length": instance.sizeBytes,
      "Content-Disposition": "attachment",
      ...immutable,
      ...noSniff,
    });
  await sendObjects(res, [instance], { begin, stillMay });
}

async function sendMultipart(
  res: ServerResponse,
  found: InstanceLocation[],
  place: (each: InstanceLocation) => string,
  stillMay: () => Promise<boolean>,
): Promise<void> {
  const boundary = newBoundary();
  const parts = found.map((instance, index) => {
    const { objectKey, sizeBytes, dataSetOffset, dataSetSha256, transferSyntaxUid } = instance;
    const type = `application/dicom; transfer-syntax=${transferSyntaxUid}`;
    const before = partHead(boundary, { "Content-Type": type, "Content-Location": place(instance) }, index === 0);
    return { objectKey, sizeBytes, dataSetOffset, dataSetSha256, before };
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
  await sendObjects(res, parts, { begin, after: end, stillMay });
}
