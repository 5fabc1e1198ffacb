import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isStorageClass } from "@overread/shared/dicom/storage-classes";
import { isUid } from "@overread/shared/dicom/uids";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import type { InstanceRecord } from "#server/domain/imaging/index.ts";
import { toDomainError } from "#server/errors.ts";
import type { StoredInstanceBytes } from "#server/storage/object-store.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { describeInstance, repairsOf } from "./describe-instance.ts";
import { indexInstance } from "./index-batcher.ts";
import { type StagedInstance, stageInstance } from "./staged-instance.ts";

export type IngestOptions = {
  /** How it arrived, for the row: `"stow"`, `"report"`, `"import"`. */
  source: string;
  /** The facility it came from; by default an edge router's own. */
  facilityId?: string | null;
  /** Omitted: a new study is to be read, an existing one is unchanged. */
  purpose?: "read" | "prior";
  requestId?: string;
  /** Refuses instances of any other study (STOW to `/studies/{study}`). */
  onlyStudyInstanceUid?: string;
};

/** The result for one instance. `refused` has a code and, if the header could be read, the UIDs. */
export type IngestResult =
  | {
      outcome: "stored" | "duplicate" | "quarantined";
      studyId: string;
      instanceId: string;
      studyInstanceUid: string;
      seriesInstanceUid: string;
      sopInstanceUid: string;
      sopClassUid: string;
      dataSetSha256: string;
    }
  | { outcome: "refused"; code: ErrorCode; sopInstanceUid?: string; sopClassUid?: string; error?: DomainError };

/**
 * Takes one Part 10 file into the archive. When it resolves with `stored`, `duplicate` or `quarantined`, the bytes and
 * their row are durable, and the study, its counts and its case are up to date.
 *
 * @param actor of the hospital the study belongs to.
 * @returns `refused` with a code for anything wrong with the file, the disk or the database; it does not throw.
 */
export async function ingestPart10(
  actor: Actor,
  source: Readable | Uint8Array,
  options: IngestOptions,
): Promise<IngestResult> {
  const chunks: AsyncIterable<Uint8Array> = source instanceof Uint8Array ? oneChunk(source) : source;
  const received = await receiveInstance(chunks);
  return "refused" in received ? received.refused : finishInstance(actor, received.staged, options);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** First half: receives the bytes. The source is read to its end, or to the point where it was refused. */
export async function receiveInstance(
  source: AsyncIterable<Uint8Array>,
): Promise<{ staged: StagedInstance } | { refused: Extract<IngestResult, { outcome: "refused" }> }> {
  let named: { sopClassUid?: string; sopInstanceUid?: string } = {};
  try {
    const store = objectStore();
    await store.ensureRoom();
    const onNamed = ({ sopClassUid, sopInstanceUid }: Required<typeof named>): void => {
      if (isUid(sopInstanceUid) && isUid(sopClassUid)) named = { sopClassUid, sopInstanceUid };
    };
    return { staged: await stageInstance(store, source, onNamed) };
  } catch (error) {
    return { refused: { ...refusal(ofNoStudy(error, named.sopClassUid) ? classNotSupported() : error), ...named } };
  }
}

/** What belongs to no study says no study's UID, and a DICOMDIR (PS3.10 §8.6) says what it is in group 0002 alone. */
const ofNoStudy = (error: unknown, sopClassUid: string | undefined): boolean =>
  error instanceof DomainError &&
  error.code === "dicom.missing-attribute" &&
  sopClassUid !== undefined &&
  !isStorageClass(sopClassUid);

const classNotSupported = (): DomainError =>
  new DomainError("dicom.malformed", { details: { reason: "sop-class-not-supported" } });

/** Second half: makes the instance durable and visible. */
export async function finishInstance(
  actor: Actor,
  staged: StagedInstance,
  options: IngestOptions,
): Promise<IngestResult> {
  const { sopInstanceUid, sopClassUid } = staged;
  let storing: Promise<StoredInstanceBytes> | undefined;
  try {
    if (options.onlyStudyInstanceUid && options.onlyStudyInstanceUid !== staged.studyInstanceUid)
      throw new DomainError("dicom.uid-mismatch");
    // The edge refuses the same in negotiation: what is of no study has no place in an archive of studies.
    if (!isStorageClass(sopClassUid)) throw classNotSupported();
    const facilityId = options.facilityId ?? (actor.kind === "token" ? actor.facilityId : null);
    storing = staged.store(actor.orgId);
    storing.catch(() => {});
    // The index is prepared while the disk writes; it is committed when the bytes are durable.
    const origin = { facilityId, purpose: options.purpose, source: options.source };
    const described = describeStored(staged, origin, storing);
    const durable = storing.then((stored) => stored.durable);
    for (const each of [described, durable]) each.catch(() => {});
    const { studyInstanceUid, seriesInstanceUid, header } = staged;
    const uids = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
    const arriving = { ...uids, ...origin, dataset: header.dataset, textRepairedAs: repairsOf(staged) };
    return await indexInstance(actor, { arriving, described, durable, requestId: options.requestId ?? randomUUID() });
  } catch (error) {
    return { ...refusal(error), sopInstanceUid, sopClassUid };
  } finally {
    // The memory is in use until the disk has finished with it.
    await storing?.then(({ durable }) => durable).catch(() => {});
    await staged.discard();
  }
}

/** Behind the first question to the database, which is on its way when this turn of the event loop ends. */
async function describeStored(
  staged: StagedInstance,
  origin: Parameters<typeof describeInstance>[1],
  storing: Promise<StoredInstanceBytes>,
): Promise<InstanceRecord> {
  await nextTurn();
  const description = describeInstance(staged, origin);
  const { dataSetSha256, key } = await storing;
  return { ...description, dataSetSha256, objectKey: key };
}

function refusal(error: unknown): Extract<IngestResult, { outcome: "refused" }> {
  const known = toDomainError(error);
  return { outcome: "refused", code: known.code, error: known };
}
