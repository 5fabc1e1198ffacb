import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { headOf } from "@overread/shared/dicom/part10-head";
import { DomainError } from "@overread/shared/errors";
import { commandField, field } from "../command.ts";
import type { PresentationContext } from "../pdu.ts";
import { lastResponse, Requestor, ScuError, type ScuPeer } from "../requestor.ts";

const readAheadBytes = 256 * 1024;

/** A Part 10 file, in a transfer syntax that is sent as it is. */
export type StoreFile = {
  path: string;
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
};
export type StoreAssociation = {
  /** Sends one object, streamed from the disk. @returns the DIMSE status. @throws {ScuError} */
  store(file: StoreFile): Promise<number>;
  release(): Promise<void>;
  abort(): void;
};

/**
 * Opens an association for exactly these files' SOP classes and transfer syntaxes.
 *
 * @throws {ScuError} `connection-refused`, `timeout`, `association-rejected`, `association-aborted`, ...
 * @see DICOM PS3.4 Annex B, PS3.7 §9.1.1
 */
export async function openStoreAssociation(
  peer: ScuPeer & { files: Pick<StoreFile, "sopClassUid" | "transferSyntaxUid">[] },
): Promise<StoreAssociation> {
  const pairs = new Map<string, PresentationContext>();
  for (const { sopClassUid, transferSyntaxUid } of peer.files) {
    const key = `${sopClassUid} ${transferSyntaxUid}`;
    if (pairs.has(key)) continue;
    const id = 2 * pairs.size + 1;
    pairs.set(key, { id, abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] });
  }
  const requestor = await Requestor.open(peer, [...pairs.values()]);
  return {
    async store(file) {
      const context = pairs.get(`${file.sopClassUid} ${file.transferSyntaxUid}`);
      if (!context) throw new ScuError("context-rejected");
      return store(requestor, context.id, file);
    },
    release: () => requestor.release(),
    abort: () => requestor.abort(),
  };
}

async function store(requestor: Requestor, contextId: number, file: StoreFile): Promise<number> {
  const start = await dataSetOffset(file.path);
  const { size } = await stat(file.path);
  if (size <= start) throw new ScuError("empty-data-set");
  const pieces: AsyncIterable<Buffer> = createReadStream(file.path, { start, highWaterMark: readAheadBytes });
  const responses = requestor.request(
    contextId,
    [
      [field.affectedSopClassUid, "UI", file.sopClassUid],
      [field.commandField, "US", commandField.cStore],
      [field.priority, "US", 0],
      [field.affectedSopInstanceUid, "UI", file.sopInstanceUid],
    ],
    { lengthBytes: size - start, pieces },
  );
  return (await lastResponse(responses)).status;
}

/**
 * Where the data set of a Part 10 file starts.
 *
 * @throws {ScuError} `not-part10`
 * @see DICOM PS3.10 §7.1
 */
export async function dataSetOffset(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
    const head = headOf(buffer.subarray(0, bytesRead));
    // A bare data set names no transfer syntax to send it in.
    if (head.dataSetOffset === 0) throw new ScuError("not-part10");
    return head.dataSetOffset;
  } catch (error) {
    throw error instanceof DomainError ? new ScuError("not-part10") : error;
  } finally {
    await file.close();
  }
}
