import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
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
    if (bytesRead < 140 || buffer.toString("latin1", 128, 132) !== "DICM") throw new ScuError("not-part10");
    let at = 132;
    // As far as its group length says: a data set may begin with a group 0002 of its own.
    const hasLength = bytesRead >= at + 12 && buffer.toString("latin1", at, at + 8) === "\x02\0\0\0UL\x04\0";
    const until = hasLength ? at + 12 + buffer.readUInt32LE(at + 8) : null;
    while (at !== until && at + 12 <= bytesRead && buffer.readUInt16LE(at) === 2) {
      const isLong = ["OB", "OW", "UN", "UT", "SQ"].includes(buffer.toString("latin1", at + 4, at + 6));
      at += isLong ? 12 + buffer.readUInt32LE(at + 8) : 8 + buffer.readUInt16LE(at + 6);
    }
    return at;
  } finally {
    await file.close();
  }
}
