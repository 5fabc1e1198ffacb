import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { PURPOSE_HEADER, type StudyPurpose } from "@overread/shared/edge-contract/v1";
import { z } from "zod";
import { type Portal, PortalError, parseAnswer, readText } from "../control/portal.ts";
import type { Bytes } from "../spool/spool.ts";
import { ReadError, readSpooled } from "./read-spooled.ts";

/** What the archive said of the objects that it did not take, by SOP Instance UID: Failure Reason (0008,1197). */
export type StowFailures = Map<string, number>;

const attribute = <T extends z.ZodType>(value: T) => z.object({ Value: z.array(value).optional() }).optional();
const StowAnswer = z.object({
  "00081198": attribute(z.object({ "00081155": attribute(z.string()), "00081197": attribute(z.coerce.number()) })),
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
  objects: Bytes[],
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
    body: () => Readable.from(body(), { objectMode: false, highWaterMark: 512 * 1024 }),
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
  const failures: StowFailures = new Map();
  for (const item of answer["00081198"]?.Value ?? []) {
    const uid = item["00081155"]?.Value?.[0];
    if (uid) failures.set(uid, item["00081197"]?.Value?.[0] ?? 0x0110);
  }
  return failures;
}

/** Whether a failure reason says that the same bytes will never be taken: cannot understand, does not match. */
export const isPermanent = (failureReason: number): boolean =>
  (failureReason >= 0xc000 && failureReason <= 0xcfff) || (failureReason >= 0xa900 && failureReason <= 0xa9ff);
