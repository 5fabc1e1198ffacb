import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { isUid } from "@overread/shared/dicom/uids";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import { Command, type CommandElement, commandField, encodeCommand, field, NO_DATA_SET } from "./command.ts";
import { answerContext, mayCall, type Rejection, rejectionOf, tooManyAssociations } from "./negotiate.ts";
import {
  type ContextAnswer,
  commandPdus,
  encodeAbort,
  encodeAssociateAccept,
  encodeAssociateReject,
  encodeReleaseResponse,
  ProtocolError,
  parseAssociateRequest,
  pduType,
} from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";
import type { AssociationInfo, ObjectReceiver, ScpCaps, ScpHandlers } from "./scp.ts";
import { VERIFICATION } from "./sop-classes.ts";
import { dimseStatus, statusOf } from "./status.ts";

const MAX_COMMAND_BYTES = 64 * 1024;
/** How long a peer has to ask for an association once it is connected (ARTIM, PS3.8 §9.1.4). */
const ARTIM_MS = 10_000;
/** How long a peer has to close after a reject, an abort or a release (ARTIM). */
const CLOSE_MS = 2_000;

/** A command that has been read whole and waits for its data set, or for its answer. */
interface Message {
  contextId: number;
  command: Command;
  receiver: ObjectReceiver | null;
  refusal: ErrorCode | null;
  bytes: number;
  startedAt: number;
}

/**
 * One association as acceptor: the state machine of PS3.8 §9.2 with a streaming C-STORE on top.
 *
 * One message at a time: while an object is being made durable, nothing further is read from the peer.
 */
export class Association {
  readonly #socket: Socket;
  readonly #handlers: ScpHandlers;
  readonly #caps: ScpCaps;
  readonly #hasPlace: () => boolean;
  readonly #reader: PduReader;
  readonly #connectedAt = Date.now();
  readonly #contexts = new Map<number, ContextAnswer>();
  #info: AssociationInfo | null = null;
  #peerMaxPduBytes = 0;
  #commandParts: Buffer[] = [];
  #commandBytes = 0;
  #message: Message | null = null;
  #lastByteAt = Date.now();
  #answering = false;
  #closing = false;
  #draining = false;

  constructor(socket: Socket, handlers: ScpHandlers, caps: ScpCaps, hasPlace: () => boolean) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#caps = caps;
    this.#hasPlace = hasPlace;
    this.#reader = new PduReader({
      control: (type, body) => this.#control(type, body),
      fragment: (contextId, isCommand, bytes, last) => this.#fragment(contextId, isCommand, bytes, last),
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
  }

  /** Connected, and nothing has been asked yet. */
  get silent(): boolean {
    return this.#info === null && !this.#closing;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? "";
  }

  /** Makes room: nobody is told anything, since nobody asked. */
  drop(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  get established(): boolean {
    return this.#info !== null && !this.#closing;
  }

  /** 0 while an object is under way. */
  idleForMs(now: number): number {
    return this.#message || this.#answering ? 0 : now - this.#lastByteAt;
  }

  /** Called twice a second: idle, object and absolute time limits. */
  enforceTimes(now: number): void {
    if (this.#closing || this.#answering) return;
    const idleMs = this.#info ? this.#caps.idleMs : Math.min(ARTIM_MS, this.#caps.idleMs / 3);
    // A paused socket is our own doing, not the peer's silence.
    if (this.#socket.isPaused()) this.#lastByteAt = now;
    if (now - this.#lastByteAt > idleMs) this.abort("idle");
    else if (!this.#info && now - this.#connectedAt > ARTIM_MS) this.abort("no request");
    else if (this.#message && now - this.#message.startedAt > this.#caps.objectMs) this.abort("object too slow");
    else if (now - this.#connectedAt > this.#caps.associationMs) this.abort("association too long");
  }

  /** From now on nothing new may begin; what is under way may end. */
  drain(): void {
    this.#draining = true;
    if (!this.#info) this.#socket.destroy();
  }

  abort(because: string, source: 0 | 2 = 2, reason = 0): void {
    if (this.#closing) return;
    this.#handlers.event("association aborted", { ...this.#info, because });
    this.#end(encodeAbort(source, reason));
  }

  #end(lastWords: Buffer): void {
    this.#closing = true;
    this.#socket.end(lastWords);
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    this.#lastByteAt = Date.now();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fault(error);
    }
    if (this.#reader.backlog || this.#message?.receiver?.full) this.#socket.pause();
  }

  #continue(): void {
    if (this.#closing || this.#socket.destroyed) return;
    try {
      this.#reader.resume();
    } catch (error) {
      this.#fault(error);
    }
    if (!this.#reader.backlog && !this.#message?.receiver?.full) this.#socket.resume();
  }

  #fault(error: unknown): void {
    if (error instanceof ProtocolError) this.abort(error.message, 2, error.reason);
    else if (error instanceof DomainError) this.abort(error.code);
    else throw error;
  }

  #closed(): void {
    this.#closing = true;
    this.#message?.receiver?.discard();
    this.#message = null;
    if (this.#info) this.#handlers.associationEnded(this.#info);
  }

  #control(type: number, body: Buffer): void {
    if (type === pduType.associateRequest && !this.#info) this.#associate(body);
    else if (type === pduType.releaseRequest && this.#info && !this.#message && this.#commandBytes === 0) {
      this.#handlers.event("association released", { ...this.#info });
      this.#end(encodeReleaseResponse());
    } else if (type === pduType.abort) {
      this.#closing = true;
      this.#socket.destroy();
    } else throw new ProtocolError("PDU out of turn", 2);
  }

  #associate(body: Buffer): void {
    const request = parseAssociateRequest(body);
    const rejection = rejectionOf(request, this.#handlers.policy());
    if (rejection) {
      this.#reject(rejection, request.callingAeTitle, request.calledAeTitle);
      return;
    }
    if (this.#draining || !this.#hasPlace()) {
      this.#reject(tooManyAssociations, request.callingAeTitle, request.calledAeTitle);
      return;
    }
    this.#peerMaxPduBytes = request.maxPduBytes;
    const answers = request.contexts.map(answerContext);
    for (const answer of answers) if (answer.result === 0) this.#contexts.set(answer.id, answer);
    this.#info = {
      id: randomUUID(),
      callingAeTitle: request.callingAeTitle,
      calledAeTitle: request.calledAeTitle,
    };
    this.#handlers.event("association accepted", { ...this.#info, contexts: this.#contexts.size });
    this.#socket.write(encodeAssociateAccept(body.subarray(4, 36), answers));
  }

  #reject(rejection: Rejection, callingAeTitle: string, calledAeTitle: string): void {
    this.#handlers.event("association rejected", { callingAeTitle, calledAeTitle, because: rejection.because });
    this.#end(encodeAssociateReject(rejection.result, rejection.source, rejection.reason));
  }

  #fragment(contextId: number, isCommand: boolean, bytes: Buffer, last: boolean): void {
    if (!this.#contexts.has(contextId)) throw new ProtocolError("data on a context that was not accepted", 6);
    if (isCommand) {
      if (this.#message) throw new ProtocolError("command inside a data set", 2);
      this.#commandBytes += bytes.length;
      if (this.#commandBytes > MAX_COMMAND_BYTES) throw new ProtocolError("command set too long", 6);
      this.#commandParts.push(Buffer.from(bytes));
      if (last) this.#command(contextId);
      return;
    }
    const message = this.#message;
    if (message?.contextId !== contextId) throw new ProtocolError("data set without its command", 2);
    message.bytes += bytes.length;
    if (message.bytes > this.#caps.objectBytes) throw new ProtocolError("object too long", 6);
    message.receiver?.write(bytes);
    if (last) this.#endOfDataSet(message);
  }

  #command(contextId: number): void {
    const command = new Command(Buffer.concat(this.#commandParts));
    this.#commandParts = [];
    this.#commandBytes = 0;
    const kind = command.number(field.commandField)!;
    if (kind === commandField.cCancel) return;
    if (kind & commandField.response) throw new ProtocolError("response that nobody asked for", 2);
    if (kind === commandField.cStore && !command.hasDataSet) throw new ProtocolError("C-STORE without data set", 2);
    const message: Message = { contextId, command, receiver: null, refusal: null, bytes: 0, startedAt: Date.now() };
    if (command.hasDataSet) {
      this.#message = message;
      if (kind === commandField.cStore) this.#beginStore(message);
    } else this.#answer(message, kind === commandField.cEcho ? dimseStatus.success : undefined);
  }

  #beginStore(message: Message): void {
    const info = this.#info!;
    const sopClassUid = message.command.uid(field.affectedSopClassUid);
    const sopInstanceUid = message.command.uid(field.affectedSopInstanceUid);
    if (!isUid(sopClassUid) || !isUid(sopInstanceUid)) message.refusal = "dicom.invalid-uid";
    else if (!mayCall(this.#handlers.policy(), info.callingAeTitle)) message.refusal = "auth.forbidden";
    else {
      const transferSyntaxUid = this.#contexts.get(message.contextId)!.transferSyntax;
      message.receiver = this.#handlers.begin(
        { association: info, sopClassUid, sopInstanceUid, transferSyntaxUid },
        () => this.#continue(),
      );
    }
  }

  #endOfDataSet(message: Message): void {
    if (message.command.number(field.commandField) !== commandField.cStore) {
      this.#message = null;
      this.#answer(message, undefined);
      return;
    }
    if (!message.receiver) {
      this.#message = null;
      if (message.refusal === "dicom.invalid-uid") this.#handlers.refused(this.#info!, message.refusal);
      this.#refuse(message, message.refusal ?? "internal");
      return;
    }
    this.#answering = true;
    this.#reader.hold();
    message.receiver.finish().then(
      () => this.#answered(() => this.#answer(message, dimseStatus.success)),
      (error: unknown) => this.#answered(() => this.#refuse(message, codeOf(error))),
    );
  }

  #answered(answer: () => void): void {
    this.#message = null;
    this.#answering = false;
    this.#lastByteAt = Date.now();
    if (this.#closing || this.#socket.destroyed) return;
    answer();
    this.#continue();
  }

  #refuse(message: Message, code: ErrorCode): void {
    const { status, comment } = statusOf(code);
    this.#handlers.event("object refused", { ...this.#info, code, status, bytes: message.bytes });
    this.#answer(message, status, comment);
  }

  /** One write for header and command, so that they leave in one segment. */
  #answer(message: Message, status: number | undefined, comment?: string): void {
    const { command, contextId } = message;
    const kind = command.number(field.commandField)!;
    const sopClassUid = command.uid(field.affectedSopClassUid);
    const sopInstanceUid = command.uid(field.affectedSopInstanceUid);
    const elements: CommandElement[] = [
      [field.affectedSopClassUid, "UI", sopClassUid || VERIFICATION],
      [field.commandField, "US", kind | commandField.response],
      [field.messageIdBeingRespondedTo, "US", command.number(field.messageId) ?? 0],
      [field.commandDataSetType, "US", NO_DATA_SET],
      [field.status, "US", status ?? dimseStatus.unrecognizedOperation],
    ];
    if (comment) elements.push([field.errorComment, "LO", comment]);
    if (sopInstanceUid) elements.push([field.affectedSopInstanceUid, "UI", sopInstanceUid]);
    const bytes = encodeCommand(elements);
    this.#socket.write(commandPdus(contextId, bytes, this.#peerMaxPduBytes));
  }
}

const codeOf = (error: unknown): ErrorCode => {
  if (error instanceof DomainError) return error.code;
  // A fault of ours is not the sender's: it ends the process, which is what a supervisor needs to see.
  queueMicrotask(() => {
    throw error;
  });
  return "storage.unavailable";
};
