import type { IncomingMessage, ServerResponse } from "node:http";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import { PURPOSE_HEADER, StudyPurpose } from "@overread/shared/edge-contract/v1";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import { finishInstance, type IngestResult, receiveInstance } from "#server/archive/index.ts";
import { config } from "#server/config.ts";
import { retryAfterSeconds } from "#server/http/advice.ts";
import { sendJsonText } from "#server/http/answer.ts";
import { covers, parseAccept, parseMediaType } from "#server/http/media-type.ts";
import { readMultipart } from "#server/http/multipart.ts";
import { createLog, type Log } from "#server/log.ts";
import { logOutage } from "#server/outage.ts";
import { objectStore } from "#server/storage/open-store.ts";
import type { Caller } from "./grant.ts";

let log: Log | undefined;

/** Instances of one request that are made durable concurrently; bounds memory, keeps the disk busy. */
const inFlight = 8;
const partsLimit = 20_000;
const bodyLimit = 256 * 2 ** 30;
/** A sender silent for this long is considered disconnected. */
const idleMs = 120_000;

/** Failure Reason (0008,1197) by code (PS3.18 Table I.2-2, PS3.4 Table B.2-1). */
function failureReason(result: Extract<IngestResult, { outcome: "refused" }>): number {
  if (result.error?.details.reason === "sop-class-not-supported") return 0x0122;
  const reasons: Partial<Record<ErrorCode, number>> = {
    "storage.full": 0xa700,
    "storage.unavailable": 0xa700,
    "server.busy": 0xa700,
    "dicom.missing-attribute": 0xa900,
    "dicom.uid-mismatch": 43265,
    "dicom.not-part10": 0xc000,
    "dicom.truncated": 0xc000,
    "dicom.malformed": 0xc000,
    "dicom.invalid-uid": 0xc000,
    "request.invalid": 0xc000,
    "request.unsupported-media-type": 0xc000,
    "request.too-large": 0xc000,
  };
  return reasons[result.code] ?? 0x0110;
}

/**
 * Warning Reason (0008,1196), ours (CONFORMANCE.md), for a version that is stored but quarantined: the archive serves
 * another one under this SOP Instance UID. None of the standard's own (coerced, discarded, does not match) would be
 * correct.
 */
const setAsideWarning = 0xb001;

/**
 * STOW-RS (PS3.18 §10.5): each part is streamed into the archive and answered individually. The answer is written when
 * every instance it reports as stored is durable.
 *
 * 200 all stored, or stored already; 202 some failed or were quarantined; 409 none; 507/503 when the archive cannot
 * store anything right now: the sender keeps them.
 */
export async function storeStudies(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { root, study }: { root: string; study?: string | undefined },
): Promise<void> {
  requireJson(req);
  const purpose = purposeOf(req);
  const parts = partsOf(req);
  if (Number(req.headers["content-length"] ?? 0) > bodyLimit) throw new DomainError("request.too-large");
  await objectStore().ensureRoom();
  const hangUp = (): void => void req.destroy();
  req.socket.setTimeout(idleMs).on("timeout", hangUp);

  const results: Promise<IngestResult>[] = [];
  const running = new Set<Promise<unknown>>();
  const options = {
    source: caller.actor.kind === "token" && caller.actor.edgeId ? "edge" : "stow",
    requestId: caller.requestId,
    ...(purpose ? { purpose } : {}),
    ...(study ? { onlyStudyInstanceUid: study } : {}),
  };
  try {
    for await (const { headers, body } of parts) {
      if (results.length >= partsLimit) throw new DomainError("request.too-large");
      const type = headers["content-type"] ? parseMediaType(headers["content-type"])?.type : "application/dicom";
      if (type !== "application/dicom") {
        results.push(Promise.resolve({ outcome: "refused", code: "request.unsupported-media-type" }));
        continue;
      }
      const received = await receiveInstance(body);
      if ("refused" in received) {
        results.push(Promise.resolve(received.refused));
        continue;
      }
      const result = finishInstance(caller.actor, received.staged, options);
      results.push(result);
      running.add(result);
      void result.finally(() => running.delete(result));
      if (running.size >= inFlight) await Promise.race(running);
    }
  } catch (error) {
    // Parts received before the body broke off are stored; the answer says so, if the sender still reads it.
    await Promise.all(results);
    if (!req.complete || results.length === 0) throw error;
    const code = error instanceof DomainError ? error.code : "request.invalid";
    results.push(Promise.resolve({ outcome: "refused", code }));
  } finally {
    req.socket.setTimeout(0).off("timeout", hangUp);
  }
  if (results.length === 0) throw new DomainError("request.invalid", { details: { reason: "no-parts" } });
  await answer(res, caller, await Promise.all(results), root);
}

function requireJson(req: IncomingMessage): void {
  const wanted = parseAccept(req.headers.accept);
  if (!wanted.some(({ type }) => covers(type, "application/dicom+json") || covers(type, "application/json")))
    throw new DomainError("request.not-acceptable");
}

function purposeOf(req: IncomingMessage): "read" | "prior" | undefined {
  const header = req.headers[PURPOSE_HEADER];
  if (header === undefined) return undefined;
  const parsed = StudyPurpose.safeParse(header);
  if (!parsed.success) throw new DomainError("request.invalid", { details: { reason: PURPOSE_HEADER } });
  return parsed.data;
}

type IncomingPart = { headers: Record<string, string>; body: AsyncIterable<Uint8Array> };

function partsOf(req: IncomingMessage): AsyncIterable<IncomingPart> {
  const type = parseMediaType(req.headers["content-type"] ?? "");
  const encoding = req.headers["content-encoding"];
  // A compressed body would be a small request for a lot of disk.
  if (!type || (encoding && encoding !== "identity")) throw new DomainError("request.unsupported-media-type");
  if (type.type === "application/dicom") return single(req);
  const related = (type.parameters.type ?? "application/dicom").toLowerCase();
  if (type.type !== "multipart/related" || related !== "application/dicom")
    throw new DomainError("request.unsupported-media-type");
  if (!type.parameters.boundary) throw new DomainError("request.invalid", { details: { reason: "boundary" } });
  return readMultipart(req, type.parameters.boundary);
}

async function* single(req: IncomingMessage): AsyncGenerator<IncomingPart> {
  yield { headers: {}, body: req };
}

async function answer(res: ServerResponse, caller: Caller, results: IngestResult[], root: string): Promise<void> {
  const referenced: DicomJson[] = [];
  const failed: DicomJson[] = [];
  /** For parts without readable UIDs (PS3.18 table I.1-1). */
  const others: DicomJson[] = [];
  /** For served instances only; the URL of any other would not work. */
  const studies = new Set<string>();
  for (const [index, result] of results.entries()) {
    if (result.outcome === "refused")
      (result.sopInstanceUid && result.sopClassUid ? failed : others).push(failedItem(result, index));
    else {
      if (result.outcome !== "quarantined") studies.add(result.studyInstanceUid);
      referenced.push(referencedItem(result, root));
    }
  }
  log ??= createLog("dicomweb", config().log.level);
  for (const result of results)
    if (result.outcome === "refused" && result.error) logOutage(log, result.error, { requestId: caller.requestId });
  const outages = new Set(results.map((result) => (result.outcome === "refused" ? result.code : "")));
  const warned = results.some(({ outcome }) => outcome === "quarantined");
  let status = failed.length + others.length > 0 || warned ? 202 : 200;
  if (referenced.length === 0) {
    const [only] = outages;
    if (outages.size === 1 && only === "storage.full") status = 507;
    else if ([...outages].every((code) => code === "storage.unavailable" || code === "server.busy")) status = 503;
    else status = 409;
  }
  const body: DicomJson = {
    // Type 2: empty where there is not exactly one study.
    [Tag.RetrieveURL]: { vr: "UR", ...(studies.size === 1 ? { Value: [`${root}/studies/${[...studies][0]}`] } : {}) },
    ...(failed.length > 0 ? { [Tag.FailedSOPSequence]: { vr: "SQ", Value: failed } } : {}),
    ...(others.length > 0 ? { [Tag.OtherFailuresSequence]: { vr: "SQ", Value: others } } : {}),
    ...(referenced.length > 0 ? { [Tag.ReferencedSOPSequence]: { vr: "SQ", Value: referenced } } : {}),
  };
  const wait = retryAfterSeconds(new DomainError(status === 507 ? "storage.full" : "storage.unavailable"));
  await sendJsonText(res, JSON.stringify(body), {
    status,
    type: "application/dicom+json",
    headers: { "Cache-Control": "no-store", ...(status >= 500 ? { "Retry-After": String(wait) } : {}) },
  });
}

function referencedItem(result: Exclude<IngestResult, { outcome: "refused" }>, root: string): DicomJson {
  const path = `/studies/${result.studyInstanceUid}/series/${result.seriesInstanceUid}/instances/${result.sopInstanceUid}`;
  return {
    [Tag.ReferencedSOPClassUID]: { vr: "UI", Value: [result.sopClassUid] },
    [Tag.ReferencedSOPInstanceUID]: { vr: "UI", Value: [result.sopInstanceUid] },
    ...(result.outcome === "quarantined"
      ? { [Tag.RetrieveURL]: { vr: "UR" }, [Tag.WarningReason]: { vr: "US", Value: [setAsideWarning] } }
      : { [Tag.RetrieveURL]: { vr: "UR", Value: [`${root}${path}`] } }),
  };
}

/**
 * Error Comment (0000,0902) names the part and the code, since a part without UIDs could not be identified otherwise.
 */
function failedItem(result: Extract<IngestResult, { outcome: "refused" }>, index: number): DicomJson {
  return {
    [Tag.ErrorComment]: { vr: "LO", Value: [`part ${index + 1}: ${result.code}`] },
    ...(result.sopClassUid ? { [Tag.ReferencedSOPClassUID]: { vr: "UI", Value: [result.sopClassUid] } } : {}),
    ...(result.sopInstanceUid ? { [Tag.ReferencedSOPInstanceUID]: { vr: "UI", Value: [result.sopInstanceUid] } } : {}),
    [Tag.FailureReason]: { vr: "US", Value: [failureReason(result)] },
  };
}
