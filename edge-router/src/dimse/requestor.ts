import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Command, type CommandElement, commandField, encodeCommand, field, noDataSet, someDataSet } from "./command.ts";
import {
  dataHeader,
  encodeAbort,
  encodeAssociateRequest,
  encodeReleaseRequest,
  messagePdus,
  ownMaxPduBytes,
  type PresentationContext,
  parseAssociateAccept,
  pduType,
} from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";
import { generalStatus, statusClass } from "./status.ts";

/** A response is no object: what is longer than this is not read. */
const maxResponseBytes = 4 * 1024 * 1024;

/** Why a peer could not do what it was asked; `reason` is one of ours, never the peer's text. */
export class ScuError extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.name = "ScuError";
    this.reason = reason;
  }
}

export type ScuPeer = {
  host: string;
  port: number;
  calledAeTitle: string;
  callingAeTitle: string;
  /** How long to wait for a connection, and then for each answer. */
  connectMs?: number;
  answerMs?: number;
};

/** A data set to send with a request, in the context's transfer syntax. */
export type OutgoingDataSet = { lengthBytes: number; pieces: Iterable<Buffer> | AsyncIterable<Buffer> };

export type PeerResponse = { status: number; command: Command; dataSet: Buffer | null };

type Arrival = { kind: "association" | "release" } | { kind: "response"; response: PeerResponse };

/**
 * One association as requestor (SCU), for any service: one request at a time.
 *
 * @see DICOM PS3.7 §9.1, §10.1, PS3.8 §9.2
 */
export class Requestor {
  /** Presentation contexts that the peer took, with their transfer syntax. */
  accepted: ReadonlyMap<number, string> = new Map();
  readonly #socket: Socket;
  readonly #answerMs: number;
  readonly #reader: PduReader;
  #payloadBytes = ownMaxPduBytes - 6;
  #messageId = 0;
  #contextId = 0;
  /** What may come now; anything else ends the association. */
  #expects: Arrival["kind"] | null = "association";
  readonly #arrivals: Arrival[] = [];
  #wake: () => void = () => undefined;
  #failed: ScuError | null = null;
  #command: Command | null = null;
  #parts: Buffer[] = [];
  #partBytes = 0;

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

  /** @throws {ScuError} `connection-refused`, `timeout`, `association-rejected`, `association-aborted`, ... */
  static async open(peer: ScuPeer, contexts: PresentationContext[]): Promise<Requestor> {
    if (contexts.length > 128) throw new ScuError("too-many-contexts");
    const socket = connect({ host: peer.host, port: peer.port, noDelay: true, keepAlive: true });
    await connected(socket, peer.connectMs ?? 10_000);
    const requestor = new Requestor(socket, peer.answerMs ?? 120_000);
    socket.write(encodeAssociateRequest({ ...peer, contexts }));
    await requestor.#next(requestor.#answerMs);
    return requestor;
  }

  /**
   * Sends one request. What follows of it is read to the end, or cancelled and then read to the end.
   *
   * @param elements of the command set, but for message id and data set type.
   * @yields the responses, the last one with a status other than pending.
   * @throws {ScuError}
   */
  async *request(
    contextId: number,
    elements: CommandElement[],
    dataSet?: OutgoingDataSet,
  ): AsyncGenerator<PeerResponse, void> {
    if (this.#failed) throw this.#failed;
    if (!this.accepted.has(contextId)) throw new ScuError("context-rejected");
    this.#messageId = (this.#messageId % 0xffff) + 1;
    this.#contextId = contextId;
    this.#expects = "response";
    const command = encodeCommand([
      ...elements,
      [field.messageId, "US", this.#messageId],
      [field.commandDataSetType, "US", dataSet ? someDataSet : noDataSet],
    ]);
    // Command and the first of the data leave together: alone, each would wait for the other's acknowledgement.
    this.#socket.cork();
    this.#write(command, true);
    if (dataSet) await this.#sendDataSet(contextId, dataSet);
    this.#socket.uncork();
    for (;;) {
      const arrival = await this.#next(this.#answerMs);
      if (arrival.kind !== "response") throw new ScuError("protocol-error");
      const isLast = statusClass(arrival.response.status) !== "pending";
      if (isLast) this.#expects = null;
      yield arrival.response;
      if (isLast) return;
    }
  }

  /** Asks the peer to stop answering (C-CANCEL-RQ, PS3.7 §9.3.2.3); the last response still comes. */
  cancel(): void {
    const command = encodeCommand([
      [field.commandField, "US", commandField.cCancel],
      [field.messageIdBeingRespondedTo, "US", this.#messageId],
      [field.commandDataSetType, "US", noDataSet],
    ]);
    this.#write(command, true);
  }

  async release(): Promise<void> {
    if (this.#failed) return;
    this.#expects = "release";
    this.#socket.write(encodeReleaseRequest());
    // Whether the peer confirms the release changes nothing about what it has taken.
    await this.#next(Math.min(this.#answerMs, 5_000)).catch(() => undefined);
    this.#socket.destroy();
  }

  abort(): void {
    this.#socket.end(encodeAbort(0, 0));
    setTimeout(() => this.#socket.destroy(), 1_000).unref();
  }

  #write(bytes: Buffer, isCommand: boolean): void {
    this.#socket.write(messagePdus(this.#contextId, bytes, isCommand, this.#payloadBytes + 6));
  }

  async #sendDataSet(contextId: number, { lengthBytes, pieces }: OutgoingDataSet): Promise<void> {
    let left = lengthBytes;
    for await (const piece of pieces) {
      // A peer that answers, or goes, before it has read everything will not make room.
      if (this.#failed || this.#arrivals.length > 0) return;
      left = this.#sendPiece(contextId, piece, left);
      this.#socket.uncork();
      if (this.#socket.writableNeedDrain)
        await Promise.race([once(this.#socket, "drain"), this.#arrived()]).catch(() => undefined);
    }
  }

  #sendPiece(contextId: number, piece: Buffer, left: number): number {
    let rest = left;
    this.#socket.cork();
    for (let at = 0; at < piece.length; at += this.#payloadBytes) {
      const bytes = piece.subarray(at, at + this.#payloadBytes);
      rest -= bytes.length;
      this.#socket.write(dataHeader(contextId, bytes.length, false, rest === 0));
      this.#socket.write(bytes);
    }
    this.#socket.uncork();
    return rest;
  }

  #arrived(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #next(ms: number): Promise<Arrival> {
    if (this.#arrivals.length === 0 && !this.#failed) {
      const timer = setTimeout(() => this.#fail("timeout"), ms);
      await this.#arrived();
      clearTimeout(timer);
    }
    const arrival = this.#arrivals.shift();
    if (!arrival) throw this.#failed ?? new ScuError("protocol-error");
    return arrival;
  }

  #arrive(arrival: Arrival): void {
    if (arrival.kind !== this.#expects) {
      this.#fail("protocol-error");
      return;
    }
    this.#arrivals.push(arrival);
    this.#wake();
  }

  #fail(reason: string): void {
    this.#failed ??= new ScuError(reason);
    this.#socket.destroy();
    this.#wake();
  }

  #control(type: number, body: Buffer): void {
    if (type === pduType.associateAccept) {
      const { accepted, maxPduBytes } = parseAssociateAccept(body);
      this.accepted = accepted;
      const limit = maxPduBytes === 0 ? ownMaxPduBytes : Math.min(maxPduBytes, ownMaxPduBytes);
      this.#payloadBytes = Math.max(limit - 6, 2);
      this.#arrive({ kind: "association" });
    } else if (type === pduType.releaseResponse) this.#arrive({ kind: "release" });
    else if (type === pduType.associateReject) this.#fail("association-rejected");
    else this.#fail("association-aborted");
  }

  #fragment(isCommand: boolean, bytes: Buffer, last: boolean): void {
    if (isCommand === (this.#command !== null)) {
      this.#fail("protocol-error");
      return;
    }
    this.#partBytes += bytes.length;
    if (this.#partBytes > maxResponseBytes) {
      this.#fail("response-too-long");
      return;
    }
    this.#parts.push(Buffer.from(bytes));
    if (!last) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    const command = this.#command ?? new Command(whole);
    this.#command = isCommand && command.hasDataSet ? command : null;
    if (this.#command) return;
    const status = command.number(field.status) ?? generalStatus.processingFailure;
    this.#arrive({ kind: "response", response: { status, command, dataSet: isCommand ? null : whole } });
  }
}

/** The last response to a request of which the ones before it say nothing. @throws {ScuError} */
export async function lastResponse(responses: AsyncIterable<PeerResponse>): Promise<PeerResponse> {
  let last: PeerResponse | null = null;
  for await (const response of responses) last = response;
  if (!last) throw new ScuError("protocol-error");
  return last;
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
