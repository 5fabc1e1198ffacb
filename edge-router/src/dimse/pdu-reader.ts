import { ProtocolError, pduType } from "./pdu.ts";

/** Hard caps on what a peer may declare. A P-DATA length costs no memory, since its bytes are handed on as they come. */
const maxDataPduBytes = 1024 * 1024;
const maxAssociateBytes = 512 * 1024;
const maxControlBytes = 1024;

export type PduEvents = {
  /** A whole PDU other than P-DATA-TF. */
  control(type: number, body: Buffer): void;
  /** Some bytes of a PDV, a view into the received chunk; `last` when they complete the command or data set. */
  fragment(contextId: number, isCommand: boolean, bytes: Buffer, last: boolean): void;
};

/**
 * Cuts a byte stream into PDUs and PDV fragments without copying payload.
 *
 * `hold()` stops after the current event, so that a message that arrived behind an unanswered one
 * stays unread; `resume()` continues. What a peer sends while held is kept by reference: the caller
 * pauses its socket when `held` bytes appear.
 *
 * @see DICOM PS3.8 §9.3.1, Annex E
 */
export class PduReader {
  readonly #events: PduEvents;
  readonly #small = Buffer.alloc(6);
  #smallBytes = 0;
  #pduLeft = 0;
  #pdvLeft = 0;
  #inPdv = false;
  #contextId = 0;
  #flags = 0;
  #controlType = 0;
  #control: Buffer | null = null;
  #controlBytes = 0;
  #onHold = false;
  readonly #held: Buffer[] = [];

  constructor(events: PduEvents) {
    this.#events = events;
  }

  /** Bytes lie unread behind a `hold()`. */
  get backlog(): boolean {
    return this.#held.length > 0;
  }

  hold(): void {
    this.#onHold = true;
  }

  /** Continues after `hold()`; events come synchronously. */
  resume(): void {
    this.#onHold = false;
    while (!this.#onHold && this.#held.length > 0) this.push(this.#held.shift()!);
  }

  /**
   * @param chunk bytes as they came from the socket; kept by reference.
   * @throws {ProtocolError} on anything that is not a PDU, or over a cap.
   */
  push(chunk: Buffer): void {
    if (this.#onHold) {
      this.#held.push(chunk);
      return;
    }
    let at = 0;
    while (at < chunk.length) {
      if (this.#onHold) {
        this.#held.unshift(chunk.subarray(at));
        return;
      }
      at = this.#step(chunk, at);
    }
  }

  #step(chunk: Buffer, at: number): number {
    if (this.#control) return this.#takeControl(chunk, at);
    if (this.#inPdv) return this.#takePdv(chunk, at);
    const take = Math.min(6 - this.#smallBytes, chunk.length - at);
    chunk.copy(this.#small, this.#smallBytes, at, at + take);
    this.#smallBytes += take;
    if (this.#smallBytes === 6) {
      this.#smallBytes = 0;
      if (this.#pduLeft > 0) this.#startPdv();
      else this.#startPdu();
    }
    return at + take;
  }

  #startPdu(): void {
    const type = this.#small[0]!;
    const length = this.#small.readUInt32BE(2);
    if (type === pduType.data) {
      if (length < 6 || length > maxDataPduBytes) throw new ProtocolError("P-DATA length out of bounds", 6);
      this.#pduLeft = length;
      return;
    }
    if (type < 1 || type > 7) throw new ProtocolError("unknown PDU", 1);
    const cap = type <= pduType.associateAccept ? maxAssociateBytes : maxControlBytes;
    if (length > cap) throw new ProtocolError("PDU length out of bounds", 6);
    this.#controlType = type;
    this.#controlBytes = 0;
    this.#control = Buffer.allocUnsafe(length);
    if (length === 0) this.#endControl();
  }

  #startPdv(): void {
    const length = this.#small.readUInt32BE(0);
    if (length < 2 || length + 4 > this.#pduLeft) throw new ProtocolError("PDV longer than its PDU", 6);
    const rest = this.#pduLeft - 4 - length;
    if (rest > 0 && rest < 6) throw new ProtocolError("stray bytes behind a PDV", 6);
    this.#contextId = this.#small[4]!;
    this.#flags = this.#small[5]!;
    this.#pduLeft -= 6;
    this.#pdvLeft = length - 2;
    this.#inPdv = true;
    if (this.#pdvLeft === 0) this.#emit(Buffer.alloc(0));
  }

  #takePdv(chunk: Buffer, at: number): number {
    const end = at + Math.min(this.#pdvLeft, chunk.length - at);
    this.#pdvLeft -= end - at;
    this.#pduLeft -= end - at;
    this.#emit(chunk.subarray(at, end));
    return end;
  }

  #emit(bytes: Buffer): void {
    const complete = this.#pdvLeft === 0;
    if (complete) this.#inPdv = false;
    this.#events.fragment(this.#contextId, (this.#flags & 1) === 1, bytes, complete && (this.#flags & 2) === 2);
  }

  #takeControl(chunk: Buffer, at: number): number {
    const control = this.#control!;
    const take = Math.min(control.length - this.#controlBytes, chunk.length - at);
    chunk.copy(control, this.#controlBytes, at, at + take);
    this.#controlBytes += take;
    if (this.#controlBytes === control.length) this.#endControl();
    return at + take;
  }

  #endControl(): void {
    const body = this.#control!;
    this.#control = null;
    this.#events.control(this.#controlType, body);
  }
}
