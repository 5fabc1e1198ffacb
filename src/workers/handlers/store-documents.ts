import { createHash } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { characterSetIn, drawFrame, ingestPart10, isOfTheImage, type PictureOptions } from "#server/archive/index.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  assembleReport,
  buildBasicTextSr,
  buildKeyObjectSelection,
  buildMeasurementReport,
  buildPresentationStates,
  encapsulatePdf,
  type KeyPicture,
  measurementUids,
  type ReportWithoutPictures,
  renderReportPdf,
  type SignedReport,
} from "#server/documents/index.ts";
import { documentSource, findOwnDocument, locateInstances } from "#server/domain/imaging/index.ts";
import { gatherReport, recordDocuments, type StoredDocument } from "#server/domain/reporting/index.ts";
import { reportPdfKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";
import type { JobContext } from "../handler.ts";

type Run = Pick<JobContext, "actor" | "requestId" | "signal" | "log">;

/**
 * Makes the documents of a signed version, stores them in the study, and records them for delivery.
 *
 * May crash at any point and be run again, by any number of workers: UIDs and times were fixed at signing, the PDF is
 * made once and kept, and objects that exist are not stored again. The result is one of each.
 *
 * @throws {DomainError} `report.not-found`, `instance.not-found`, `storage.*`, `storage.corrupt` when the archive holds
 * other bytes under one of our UIDs.
 */
export async function storeDocuments(run: Run, { reportVersionId }: { reportVersionId: string }): Promise<void> {
  const { actor, requestId } = run;
  const gathered = assembleReport(
    await withTenant(actor, (ctx) => gatherReport(ctx, { reportVersionId }), { requestId }),
  );
  const characterSet = await characterSetOfImages(run, gathered);
  const report: SignedReport = { ...gathered, characterSet, keyImages: await pictures(run, gathered) };
  const objectKey = reportPdfKey(actor.orgId, reportVersionId);
  const pdf = await keptPdf(objectKey, () => renderReportPdf(report));

  const documents: StoredDocument[] = [
    {
      kind: "pdf",
      instanceId: (await stored(run, report.uids.pdf.sopInstanceUid, () => encapsulatePdf(report, pdf))).instanceId,
      sha256: createHash("sha256").update(pdf).digest("hex"),
      objectKey,
    },
    { kind: "sr", ...(await stored(run, report.uids.sr.sopInstanceUid, () => buildBasicTextSr(report))) },
  ];
  const kos = buildKeyObjectSelection(report);
  if (kos && report.uids.kos)
    documents.push({ kind: "kos", ...(await stored(run, report.uids.kos.sopInstanceUid, () => kos)) });
  const measurements = buildMeasurementReport(report);
  if (measurements)
    documents.push({
      kind: "measurements",
      ...(await stored(run, measurementUids(report).sopInstanceUid, () => measurements)),
    });
  for (const { sopInstanceUid, file } of buildPresentationStates(report)) {
    run.signal.throwIfAborted();
    documents.push({ kind: "presentation", ...(await stored(run, sopInstanceUid, () => file)) });
  }
  run.signal.throwIfAborted();
  await withTenant(actor, (ctx) => recordDocuments(ctx, { reportVersionId, documents, leftOut: gathered.leftOut }), {
    requestId,
  });
}

/** The images' character set. The index holds text as UTF-8, so an object has to be read. */
async function characterSetOfImages(
  { actor, requestId }: Run,
  report: ReportWithoutPictures,
): Promise<string | undefined> {
  const sopInstanceUids = new Set(report.evidence.map((reference) => reference.sopInstanceUid));
  const located = await withTenant(actor, (ctx) => locateInstances(ctx, { studyId: report.studyId }), { requestId });
  return characterSetIn(located.filter(({ sopInstanceUid }) => sopInstanceUids.has(sopInstanceUid)));
}

/** The PDF as first made; a newer release must not make another one under the same UIDs. */
async function keptPdf(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const store = objectStore();
  if (!(await store.head(key))) {
    const made = await make();
    // Of two workers at once the first one's stays.
    if (await store.putNew(key, made)) return made;
  }
  return store.readWhole(key);
}

/** Stores an object in the archive unless it is there. */
async function stored(
  { actor, requestId }: Run,
  sopInstanceUid: string,
  make: () => Buffer,
): Promise<{ instanceId: string; sha256: string }> {
  const known = await withTenant(actor, (ctx) => findOwnDocument(ctx, { sopInstanceUid }), { requestId });
  if (known) return known;
  const result = await ingestPart10(actor, make(), { source: documentSource, requestId });
  if (result.outcome === "refused") throw result.error ?? new DomainError(result.code);
  // Two workers made different bytes at once: the first one's stay, and the next attempt finds them.
  if (result.outcome === "quarantined")
    throw new DomainError("internal", { details: { reason: "document-quarantined" } });
  return { instanceId: result.instanceId, sha256: result.dataSetSha256 };
}

/** The key images, rendered in their windows; `null` where the archive cannot render one. */
async function pictures(run: Run, report: ReportWithoutPictures): Promise<KeyPicture[]> {
  const result: KeyPicture[] = [];
  for (const { studyId, ...image } of report.keyImages) {
    run.signal.throwIfAborted();
    const { windowCenter, windowWidth } = image;
    const center = windowCenter ?? 0;
    const window = windowWidth ? { center, width: windowWidth } : null;
    const options: PictureOptions = { type: "image/jpeg", quality: 88, window, fit: pictureBox };
    result.push({ ...image, jpeg: await picture(run, studyId, image, options) });
  }
  return result;
}

/** Enough for half the width of a printed page. Pixels. */
const pictureBox = { width: 1024, height: 1024, enlarge: false, region: null };
async function picture(
  { actor, requestId, log }: Run,
  studyId: string,
  { sopInstanceUid, frameNumber }: Pick<KeyPicture, "sopInstanceUid" | "frameNumber">,
  options: PictureOptions,
): Promise<Buffer | null> {
  const [location] = await withTenant(actor, (ctx) => locateInstances(ctx, { studyId, sopInstanceUid }), { requestId });
  if (!location) return null;
  try {
    return await drawFrame(actor, location, frameNumber, options);
  } catch (error) {
    if (!isOfTheImage(error)) throw error;
    log.warn({ code: error.code }, "key image without a picture");
    return null;
  }
}
