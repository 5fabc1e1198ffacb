import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { Tag } from "@overread/shared/dicom/tags";
import { PURPOSE_HEADER, type StudyPurpose } from "@overread/shared/edge-contract/v1";
import { z } from "zod";
import { type Portal, PortalError, parseAnswer, readText } from "../control/portal.ts";
import type { Bytes } from "../spool/faces.ts";
import { ReadError, readSpooled } from "./read-spooled.ts";

/** Why the archive did not take an object: Failure Reason (0008,1197), and the archive's own code when it gave one. */
export type StowFailure = {
  reason: number;
  code: string | null;
};
/** Failures by the place of their object in the request; `unplaced`: the archive did not say which object it means. */
export type StowFailures = {
  placed: Map<number, StowFailure>;
  unplaced: StowFailure[];
};

const attribute = <T extends z.ZodType>(value: T) => z.object({ Value: z.array(value).optional() }).optional();
const FailedItem = z.object({
  [Tag.ErrorComment]: attribute(z.string()),
  [Tag.ReferencedSOPInstanceUID]: attribute(z.string()),
  [Tag.FailureReason]: attribute(z.coerce.number()),
});
/** Failed SOP Sequence; Other Failures Sequence, for objects without UIDs (PS3.18 table I.1-1). */
const StowAnswer = z.object({
  [Tag.FailedSOPSequence]: attribute(FailedItem),
  [Tag.OtherFailuresSequence]: attribute(FailedItem),
});

/**
 * Stores objects by STOW-RS, streamed from the disk, in one request.
 *
 * @param purpose of the study that all of them belong to.
 * @returns failures; an object that is not among them was taken, which `confirm` has yet to prove.
 * @throws {ReadError} when one of them cannot be read from our disk.
 * @throws {PortalError} `refused` when the request as a whole was not taken.
 * @see DICOM PS3.18 §10.5, Annex I.2 (failure reasons)
 */
export async function stow(
  portal: Portal,
  objects: (Bytes & { sopInstanceUid: string })[],
  purpose: StudyPurpose,
  signal: AbortSignal,
): Promise<StowFailures> {
  const boundary = `overread-${randomBytes(12).toString("hex")}`;
  const partHead = Buffer.from(`--${boundary}\r\ncontent-type: application/dicom\r\n\r\n`);
  const partEnd = Buffer.from("\r\n");
  const nextHead = Buffer.concat([partEnd, partHead]);
  const end = Buffer.from(`--${boundary}--\r\n`);
  const length = objects.reduce((sum, part) => sum + partHead.length + part.length + partEnd.length, end.length);
  let unreadable: ReadError | null = null;
  async function* body(): AsyncGenerator<Buffer> {
    let last = -1;
    try {
      for await (const [at, bytes] of readSpooled(objects)) {
        if (at !== last) yield last < 0 ? partHead : nextHead;
        last = at;
        yield bytes;
      }
    } catch (error) {
      if (error instanceof ReadError) unreadable = error;
      throw error;
    }
    yield partEnd;
    yield end;
  }
  const sending = portal.send({
    method: "POST",
    path: `/dicomweb/${portal.identity.orgSlug}/studies`,
    headers: {
      "content-type": `multipart/related; type="application/dicom"; boundary=${boundary}`,
      "content-length": String(length),
      accept: "application/dicom+json",
      [PURPOSE_HEADER]: purpose,
    },
    // Not a stream, which would read ahead: undici asks for the next piece when the socket has sent the one before, and the
    // memory of pieces is used again. Its types know streams only.
    body: () => body() as AsyncIterable<Buffer> as Readable,
    signal,
    answerMs: 300_000,
  });
  const response = await sending.catch((error: unknown) => {
    throw unreadable ?? error;
  });
  const text = await readText(response.body);
  if (![200, 202, 409].includes(response.statusCode))
    throw new PortalError("refused", `http-${response.statusCode}`, response.statusCode);
  const answer = parseAnswer(StowAnswer, text);
  const failures: StowFailures = { placed: new Map(), unplaced: [] };
  for (const item of [
    ...(answer[Tag.FailedSOPSequence]?.Value ?? []),
    ...(answer[Tag.OtherFailuresSequence]?.Value ?? []),
  ]) {
    const uid = item[Tag.ReferencedSOPInstanceUID]?.Value?.[0];
    const [, part, code = null] = /^part (\d+): ([a-z0-9.-]+)$/.exec(item[Tag.ErrorComment]?.Value?.[0] ?? "") ?? [];
    const at = part ? Number(part) - 1 : objects.findIndex(({ sopInstanceUid }) => sopInstanceUid === uid);
    const failure = { reason: item[Tag.FailureReason]?.Value?.[0] ?? processingFailure, code };
    if (at >= 0 && at < objects.length) failures.placed.set(at, failure);
    else failures.unplaced.push(failure);
  }
  return failures;
}

const processingFailure = 0x0110;
/** No such SOP class here; an instance or a value that is not valid (PS3.7 Annex C). */
const permanent = [0x0122, 0x0117, 0x0106];

/** Whether a failure reason says that the same bytes will never be taken: cannot understand, does not match. */
export const isPermanent = ({ reason }: StowFailure): boolean =>
  (reason >= 0xc000 && reason <= 0xcfff) || (reason >= 0xa900 && reason <= 0xa9ff) || permanent.includes(reason);

/** Whether it says that the archive has no room or no disk now: that passes, however long it takes. */
export const isOutage = ({ reason }: StowFailure): boolean => reason >= 0xa700 && reason <= 0xa7ff;

/** The reason as a code for people and for the portal. */
export const reasonOf = ({ reason, code }: StowFailure): string => code ?? `archive-${reason.toString(16)}`;
