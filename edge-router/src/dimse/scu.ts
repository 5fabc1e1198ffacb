import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { Command, commandField, encodeCommand, field, NO_DATA_SET } from "./command.ts";
import {
  commandPdus,
  dataHeader,
  encodeAbort,
  encodeAssociateRequest,
  encodeReleaseRequest,
  MAX_PDU_BYTES,
  type PresentationContext,
  parseAssociateAccept,
  pduType,
} from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";
import { VERIFICATION } from "./sop-classes.ts";

/** Why a peer could not be given an object; `reason` is one of ours, never the peer's text. */
export class ScuError extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.name = "ScuError";
    this.reason = reason;
  }
}

export interface ScuPeer {
  host: string;
  port: number;
  calledAeTitle: string;
  callingAeTitle: string;
  /** How long to wait for a connection, and then for each answer. */
  connectMs?: number;
  answerMs?: number;
}
/** A Part 10 file, in a transfer syntax that is sent as it is. */
export interface StoreFile {
  path: string;
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
}
export interface StoreAssociation {
  /** Sends one object, streamed from the disk. @returns the DIMSE status. @throws {ScuError} */
  store(file: StoreFile): Promise<number>;
  release(): Promise<void>;
  abort(): void;
}

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
  if (pairs.size > 128) throw new ScuError("too-many-contexts");
  const requestor = await Requestor.open(peer, [...pairs.values()]);
  return {
    async store(file) {
      const context = pairs.get(`${file.sopClassUid} ${file.transferSyntaxUid}`);
      if (!context || !requestor.accepted.has(context.id)) throw new ScuError("context-rejected");
      return requestor.store(context.id, file);
    },
    release: () => requestor.release(),
    abort: () => requestor.abort(),
  };
}

/** Asks a peer whether it is there. @returns the DIMSE status. @throws {ScuError} */
export async function echo(peer: ScuPeer): Promise<number> {
  const transferSyntaxes = ["1.2.840.10008.1.2"];
  const requestor = await Requestor.open(peer, [{ id: 1, abstractSyntax: VERIFICATION, transferSyntaxes }]);
  if (!requestor.accepted.has(1)) {
    requestor.abort();
    throw new ScuError("context-rejected");
  }
  const status = await requestor.echo();
  await requestor.release();
  return status;
}

/** One association as requestor: one message at a time. */
class Requestor {
  accepted = new Map<number, string>();
  readonly #socket: Socket;
  readonly #answerMs: number;
  readonly #reader: PduReader;
  #payloadBytes = MAX_PDU_BYTES - 6;
  #command: Buffer[] = [];
  #messageId = 0;
  #waiting: {
    expects: "association" | "answer" | "release";
    resolve(value: number): void;
    reject(e: Error): void;
  } | null = null;
  #failed: ScuError | null = null;

  private constructor(socket: Socket, answerMs: number) {
    this.#socket = socket;
    this.#answerMs = answerMs;
    this.#reader = new PduReader({
      control: (type, body) => this.#control(type, body),
      fragment: (_contextId, isCommand, bytes, last) => this.#fragment(isCommand, bytes, last),
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch {
        this.#fail("protocol-error");
      }
    });
    socket.on("error", () => this.#fail("connection-lost"));
    socket.on("close", () => this.#fail("connection-lost"));
  }

  static async open(peer: ScuPeer, contexts: PresentationContext[]): Promise<Requestor> {
    const socket = connect({ host: peer.host, port: peer.port, noDelay: true, keepAlive: true });
    await connected(socket, peer.connectMs ?? 10_000);
    const requestor = new Requestor(socket, peer.answerMs ?? 120_000);
    socket.write(encodeAssociateRequest({ ...peer, contexts }));
    await requestor.#wait("association");
    return requestor;
  }

  async store(contextId: number, file: StoreFile): Promise<number> {
    const start = await dataSetOffset(file.path);
    const { size } = await stat(file.path);
    if (size <= start) throw new ScuError("empty-data-set");
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const command = encodeCommand([
      [field.affectedSopClassUid, "UI", file.sopClassUid],
      [field.commandField, "US", commandField.cStore],
      [field.messageId, "US", this.#messageId],
      [field.priority, "US", 0],
      [field.commandDataSetType, "US", 1],
      [field.affectedSopInstanceUid, "UI", file.sopInstanceUid],
    ]);
    const answer = this.#wait("answer");
    answer.catch(() => undefined);
    // Command and the first of the data leave together: alone, each would wait for the other's acknowledgement.
    this.#socket.cork();
    this.#socket.write(commandPdus(contextId, command, this.#payloadBytes + 6));
    let left = size - start;
    for await (const chunk of createReadStream(file.path, { start, highWaterMark: 2 * this.#payloadBytes })) {
      if (this.#failed || !this.#waiting) break;
      left = this.#sendChunk(contextId, chunk as Buffer, left);
      this.#socket.uncork();
      // A peer that answers, or goes, before it has read everything will not make room.
      if (this.#socket.writableNeedDrain)
        await Promise.race([once(this.#socket, "drain"), answer]).catch(() => undefined);
    }
    return answer;
  }

  #sendChunk(contextId: number, chunk: Buffer, left: number): number {
    let rest = left;
    this.#socket.cork();
    for (let at = 0; at < chunk.length; at += this.#payloadBytes) {
      const bytes = chunk.subarray(at, at + this.#payloadBytes);
      rest -= bytes.length;
      this.#socket.write(dataHeader(contextId, bytes.length, false, rest === 0));
      this.#socket.write(bytes);
    }
    this.#socket.uncork();
    return rest;
  }

  echo(): Promise<number> {
    const command = encodeCommand([
      [field.affectedSopClassUid, "UI", VERIFICATION],
      [field.commandField, "US", commandField.cEcho],
      [field.messageId, "US", 1],
      [field.commandDataSetType, "US", NO_DATA_SET],
    ]);
    this.#socket.write(commandPdus(1, command, this.#payloadBytes + 6));
    return this.#wait("answer");
  }

  async release(): Promise<void> {
    if (this.#failed) return;
    this.#socket.write(encodeReleaseRequest());
    // Whether the peer says good-bye changes nothing about what it has taken.
    await this.#wait("release", Math.min(this.#answerMs, 5_000)).catch(() => undefined);
    this.#socket.destroy();
  }

  abort(): void {
    this.#socket.end(encodeAbort(0, 0));
    setTimeout(() => this.#socket.destroy(), 1_000).unref();
  }

  #wait(expects: "association" | "answer" | "release", ms = this.#answerMs): Promise<number> {
    if (this.#failed) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail("timeout");
      }, ms);
      this.#waiting = {
        expects,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  #settle(expected: "association" | "answer" | "release", value: number): void {
    const waiting = this.#waiting;
    if (waiting?.expects !== expected) {
      this.#fail("protocol-error");
      return;
    }
    this.#waiting = null;
    waiting.resolve(value);
  }

  #fail(reason: string): void {
    this.#failed ??= new ScuError(reason);
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#socket.destroy();
    waiting?.reject(this.#failed);
  }

  #control(type: number, body: Buffer): void {
    if (type === pduType.associateAccept) {
      const { accepted, maxPduBytes } = parseAssociateAccept(body);
      this.accepted = accepted;
      const limit = maxPduBytes === 0 ? MAX_PDU_BYTES : Math.min(maxPduBytes, MAX_PDU_BYTES);
      this.#payloadBytes = Math.max(limit - 6, 2);
      this.#settle("association", 0);
    } else if (type === pduType.releaseResponse) this.#settle("release", 0);
    else if (type === pduType.associateReject) this.#fail("association-rejected");
    else this.#fail("association-aborted");
  }

  #fragment(isCommand: boolean, bytes: Buffer, last: boolean): void {
    if (!isCommand) return;
    this.#command.push(Buffer.from(bytes));
    if (!last) return;
    const command = new Command(Buffer.concat(this.#command));
    this.#command = [];
    this.#settle("answer", command.number(field.status) ?? 0x0110);
  }
}

function connected(socket: Socket, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ScuError(reason));
    };
    const timer = setTimeout(() => fail("timeout"), ms);
    socket.once("error", (error: NodeJS.ErrnoException) =>
      fail(error.code === "ECONNREFUSED" ? "connection-refused" : "unreachable"),
    );
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve();
    });
  });
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
