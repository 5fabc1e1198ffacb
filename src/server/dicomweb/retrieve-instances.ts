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
  const { single, explicit } = instancesForm(req, found);
  const place = (each: InstanceLocation): string =>
    `${root}/studies/${study}/series/${each.seriesInstanceUid}/instances/${each.sopInstanceUid}`;
  if (single) {
    const { dataSetSha256, transferSyntaxUid } = found[0] as InstanceLocation;
    const etag = `"${dataSetSha256}.${explicit ? `${transferSyntaxUid}.explicit` : transferSyntaxUid}"`;
    if (isNotModified(req, res, etag, immutable)) return;
    res.setHeader("ETag", etag);
  }
  const stillMay = () => mayStillRead(req, caller, study);
  if (explicit) return sendExplicit(res, found, single, place, stillMay);
  if (single) return sendSingle(res, found[0] as InstanceLocation, stillMay);
  await sendMultipart(res, found, place, stillMay);
}

/** `explicit`: at least one instance has to be written anew in Explicit VR Little Endian. */
function instancesForm(req: IncomingMessage, found: InstanceLocation[]): { single: boolean; explicit: boolean } {
  for (const entry of accepted(req)) {
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
async function sendExplicit(
  res: ServerResponse,
  found: InstanceLocation[],
  single: boolean,
  place: (each: InstanceLocation) => string,
  stillMay: () => Promise<boolean>,
): Promise<void> {
  const boundary = newBoundary();
  const type = single ? explicitType : `multipart/related; type="application/dicom"; boundary=${boundary}`;
  for (const [index, instance] of found.entries()) {
    // A failing database ends no download.
    if (index > 0 && !(await stillMay().catch(() => true))) {
      res.destroy();
      return;
    }
    const anew = hasExplicitForm(instance);
    const pieces = anew ? await explicitForm(instance) : await readWhole(instance);
    if (index === 0) {
      const whole = pieces.reduce((sum, { length }) => sum + length, 0);
      res.writeHead(200, {
        "Content-Type": type,
        ...(single ? { "Content-Length": whole, "Content-Disposition": "attachment" } : {}),
        ...immutable,
        ...noSniff,
      });
    }
    const syntax = anew ? TS.explicitLittleEndian : instance.transferSyntaxUid;
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
