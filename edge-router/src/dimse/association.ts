import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import { Command, commandField, field } from "./command.ts";
import {
  type AssociationPolicy,
  answerContext,
  mayCall,
  type Rejection,
  rejectionOf,
  tooManyAssociations,
} from "./negotiate.ts";
import {
  encodeAbort,
  encodeAssociateAccept,
  encodeAssociateReject,
  encodeReleaseResponse,
  ProtocolError,
  parseAssociateRequest,
  pduType,
} from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";
import { responsePdus } from "./response.ts";
import type { AssociationInfo, DimseResponse, DimseService, Execution, Operation, ServiceRegistry } from "./service.ts";
import { generalStatus, refusalFor, statusClass } from "./status.ts";

const maxCommandBytes = 64 * 1024;
/** How long a peer has to ask for an association once it is connected (ARTIM, PS3.8 §9.1.4). */
const artimMs = 10_000;
/** How long a peer has to close after a reject, an abort or a release (ARTIM). */
const closeWithinMs = 2_000;

/** What an association needs of the listener that it came by. */
export type AssociationHost = {
  services: ServiceRegistry;
  policy(): AssociationPolicy;
  caps: AssociationCaps;
  /** Whether one more association may begin. */
  mayAccept(): boolean;
  /** Ids, counts and AE titles only. */
  event(name: string, details: Record<string, string | number>): void;
};

export type AssociationCaps = {
  /** One data set; a longer one is aborted. */
  objectBytes: number;
  /** Time without any byte before the association is aborted; a third of it, at most, before the request. */
  idleMs: number;
  /** From the first byte of an object to its last. */
  objectMs: number;
  associationMs: number;
};

/** A presentation context that was accepted, and who serves it. */
type AcceptedContext = { abstractSyntax: string; transferSyntaxUid: string; service: DimseService };

/** A command that has been read whole and waits for its data set, or for its answer. */
type Message = {
  contextId: number;
  context: AcceptedContext;
  command: Command;
  kind: number;
  /** Absent when no service knows the command, or it was refused. */
  execution: Execution | null;
  refusal: ErrorCode | null;
  cancelable: boolean;
  cancel: AbortController;
  bytes: number;
  startedAt: number;
};

/**
 * One association as acceptor: the state machine of PS3.8 §9.2, and the message exchange of PS3.7 on top of it.
 *
 * One message at a time: while a request is being answered nothing further is read from the peer, unless it may cancel.
 */
export class Association {
  readonly #socket: Socket;
  readonly #host: AssociationHost;
  readonly #reader: PduReader;
  readonly #connectedAt = Date.now();
  readonly #contexts = new Map<number, AcceptedContext>();
  #info: AssociationInfo | null = null;
  #peerMaxPduBytes = 0;
  #commandParts: Buffer[] = [];
  #commandBytes = 0;
  #message: Message | null = null;
  #lastByteAt = Date.now();
  #answering = false;
  #closing = false;
  #draining = false;

  constructor(socket: Socket, host: AssociationHost) {
    this.#socket = socket;
    this.#host = host;
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

  /** Closes a connection on which no association was asked for. */
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
    const idleMs = this.#info ? this.#host.caps.idleMs : Math.min(artimMs, this.#host.caps.idleMs / 3);
    // While we have paused the socket the peer cannot be idle.
    if (this.#socket.isPaused()) this.#lastByteAt = now;
    if (now - this.#lastByteAt > idleMs) this.abort("idle");
    else if (!this.#info && now - this.#connectedAt > artimMs) this.abort("no request");
    else if (this.#message && now - this.#message.startedAt > this.#host.caps.objectMs) this.abort("object too slow");
    else if (now - this.#connectedAt > this.#host.caps.associationMs) this.abort("association too long");
  }

  /** From now on nothing new may begin; what is under way may end. */
  drain(): void {
    this.#draining = true;
    if (!this.#info) this.#socket.destroy();
  }

  abort(because: string, source: 0 | 2 = 2, reason = 0): void {
    if (this.#closing) return;
    this.#host.event("association aborted", { ...this.#info, because });
    this.#end(encodeAbort(source, reason));
  }

  #end(lastPdu: Buffer): void {
    this.#closing = true;
    this.#socket.end(lastPdu);
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), closeWithinMs).unref();
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    this.#lastByteAt = Date.now();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fault(error);
    }
    if (this.#reader.backlog || this.#message?.execution?.full) this.#socket.pause();
  }

  #continue(): void {
    if (this.#closing || this.#socket.destroyed) return;
    try {
      this.#reader.resume();
    } catch (error) {
      this.#fault(error);
    }
    if (!this.#reader.backlog && !this.#message?.execution?.full) this.#socket.resume();
  }

  #fault(error: unknown): void {
    if (error instanceof ProtocolError) this.abort(error.message, 2, error.reason);
    else if (error instanceof DomainError) this.abort(error.code);
    else throw error;
  }

  #closed(): void {
    this.#closing = true;
    this.#message?.execution?.discard();
    this.#message?.cancel.abort();
    this.#message = null;
    if (this.#info) this.#host.services.associationEnded(this.#info);
  }

  #control(type: number, body: Buffer): void {
    if (type === pduType.associateRequest && !this.#info) this.#associate(body);
    else if (type === pduType.releaseRequest && this.#info && !this.#message && this.#commandBytes === 0) {
      this.#host.event("association released", { ...this.#info });
      this.#end(encodeReleaseResponse());
    } else if (type === pduType.abort) {
      this.#closing = true;
      this.#socket.destroy();
    } else throw new ProtocolError("PDU out of turn", 2);
  }

  #associate(body: Buffer): void {
    const request = parseAssociateRequest(body);
    const rejection = rejectionOf(request, this.#host.policy());
    if (rejection) {
      this.#reject(rejection, request.callingAeTitle, request.calledAeTitle);
      return;
    }
    if (this.#draining || !this.#host.mayAccept()) {
      this.#reject(tooManyAssociations, request.callingAeTitle, request.calledAeTitle);
      return;
    }
    this.#peerMaxPduBytes = request.maxPduBytes;
    const answers = request.contexts.map((context) => {
      const { answer, service } = answerContext(this.#host.services, context);
      const { abstractSyntax } = context;
      if (service && answer.result === 0)
        this.#contexts.set(answer.id, { abstractSyntax, transferSyntaxUid: answer.transferSyntax, service });
      return answer;
    });
    this.#info = {
      id: randomUUID(),
      callingAeTitle: request.callingAeTitle,
      calledAeTitle: request.calledAeTitle,
    };
    this.#host.event("association accepted", { ...this.#info, contexts: this.#contexts.size });
    this.#socket.write(encodeAssociateAccept(body.subarray(4, 36), answers));
  }

  #reject(rejection: Rejection, callingAeTitle: string, calledAeTitle: string): void {
    this.#host.event("association rejected", { callingAeTitle, calledAeTitle, because: rejection.because });
    this.#end(encodeAssociateReject(rejection.result, rejection.source, rejection.reason));
  }

  #fragment(contextId: number, isCommand: boolean, bytes: Buffer, last: boolean): void {
    if (!this.#contexts.has(contextId)) throw new ProtocolError("data on a context that was not accepted", 6);
    if (isCommand) {
      if (this.#message && !this.#answering) throw new ProtocolError("command inside a data set", 2);
      this.#commandBytes += bytes.length;
      if (this.#commandBytes > maxCommandBytes) throw new ProtocolError("command set too long", 6);
      this.#commandParts.push(Buffer.from(bytes));
      if (last) this.#command(contextId);
      return;
    }
    const message = this.#message;
    if (message?.contextId !== contextId || this.#answering) throw new ProtocolError("data set without its command", 2);
    message.bytes += bytes.length;
    if (message.bytes > this.#host.caps.objectBytes) throw new ProtocolError("object too long", 6);
    message.execution?.write(bytes);
    if (last) this.#perform(message);
  }

  #command(contextId: number): void {
    const command = new Command(Buffer.concat(this.#commandParts));
    this.#commandParts = [];
    this.#commandBytes = 0;
    const kind = command.number(field.commandField)!;
    if (kind === commandField.cCancel) {
      this.#cancel(command);
      return;
    }
    if (this.#message) throw new ProtocolError("request before the answer to the one before", 2);
    if (kind & commandField.response) throw new ProtocolError("response without a request", 2);
    const context = this.#contexts.get(contextId)!;
    const operation = this.#host.services.operationFor(context.service, kind);
    if (operation?.dataSet && !command.hasDataSet) throw new ProtocolError("request without its data set", 2);
    const message: Message = {
      contextId,
      context,
      command,
      kind,
      execution: null,
      refusal: null,
      cancelable: operation?.cancelable ?? false,
      cancel: new AbortController(),
      bytes: 0,
      startedAt: Date.now(),
    };
    this.#message = message;
    if (operation && operation.dataSet === command.hasDataSet) this.#begin(message, operation);
    if (!command.hasDataSet) this.#perform(message);
  }

  #cancel(command: Command): void {
    const message = this.#message;
    const id = command.number(field.messageIdBeingRespondedTo);
    if (message?.cancelable && message.command.number(field.messageId) === id) message.cancel.abort();
  }

  #begin(message: Message, operation: Operation): void {
    const association = this.#info!;
    const { command, context, cancel } = message;
    const { abstractSyntax, transferSyntaxUid } = context;
    try {
      // The list of who may call can have changed since the association began.
      if (!operation.universal && !mayCall(this.#host.policy(), association.callingAeTitle))
        throw new DomainError("auth.forbidden");
      message.execution = operation.begin(
        { association, command, abstractSyntax, transferSyntaxUid, signal: cancel.signal },
        () => this.#continue(),
      );
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      message.refusal = error.code;
    }
  }

  /** The request has come whole. */
  #perform(message: Message): void {
    this.#answering = true;
    if (!message.cancelable) this.#reader.hold();
    void this.#answer(message).then(() => {
      this.#message = null;
      this.#answering = false;
      this.#lastByteAt = Date.now();
      this.#continue();
    });
  }

  async #answer(message: Message): Promise<void> {
    try {
      if (message.refusal) throw new DomainError(message.refusal);
      if (!message.execution) {
        this.#send(message, { status: generalStatus.unrecognizedOperation });
        return;
      }
      const answer = message.execution.answer();
      if (!(Symbol.asyncIterator in answer)) {
        this.#send(message, await answer);
        return;
      }
      for await (const response of answer) {
        this.#send(message, response);
        if (this.#closing || statusClass(response.status) !== "pending") return;
        await this.#room();
      }
      throw new Error("a service ended its answer without a last response");
    } catch (error) {
      const code = codeOf(error);
      const { status, comment } = refusalFor(code, message.context.service.statuses);
      const event = message.kind === commandField.cStore ? "object refused" : "request refused";
      if (!this.#closing) this.#host.event(event, { ...this.#info, code, status, bytes: message.bytes });
      this.#send(message, { status, comment });
    }
  }

  /** Waits until the peer has read most of what it was sent; one that reads nothing is given up. */
  async #room(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return;
    const signal = AbortSignal.timeout(this.#host.caps.idleMs);
    await Promise.race([once(this.#socket, "drain", { signal }), once(this.#socket, "close", { signal })]).catch(() =>
      this.abort("answers are not read"),
    );
  }

  /** One write for all of it, so that a short answer leaves in one segment. */
  #send({ contextId, context, command }: Message, response: DimseResponse): void {
    if (this.#closing || this.#socket.destroyed) return;
    const { abstractSyntax } = context;
    this.#socket.write(responsePdus({ contextId, abstractSyntax, command }, response, this.#peerMaxPduBytes));
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
