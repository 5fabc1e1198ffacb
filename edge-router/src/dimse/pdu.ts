import { longestAeTitle, trimAeTitle } from "@overread/shared/dicom/ae-title";
import {
  dicomApplicationContext,
  implementationClassUid,
  implementationVersionName,
} from "@overread/shared/dicom/uids";

/**
 * The PDUs of the DICOM upper layer, as bytes.
 *
 * @see DICOM PS3.8 §9.3
 */
export const pduType = {
  associateRequest: 1,
  associateAccept: 2,
  associateReject: 3,
  data: 4,
  releaseRequest: 5,
  releaseResponse: 6,
  abort: 7,
} as const;

/** What we announce: larger PDUs than the usual 16 KiB cost nothing when streamed. */
export const ownMaxPduBytes = 128 * 1024;

/** What the peer did is not DICOM upper layer, or goes beyond a cap; the association ends with A-ABORT. */
export class ProtocolError extends Error {
  /** A-ABORT reason of the service provider, PS3.8 table 9-26. */
  readonly reason: number;
  constructor(message: string, reason = 0) {
    super(message);
    this.name = "ProtocolError";
    this.reason = reason;
  }
}

export type PresentationContext = {
  id: number;
  abstractSyntax: string;
  transferSyntaxes: string[];
};
export type AssociateRequest = {
  protocolVersion: number;
  calledAeTitle: string;
  callingAeTitle: string;
  applicationContext: string;
  contexts: PresentationContext[];
  /** Largest P-DATA body that the peer takes; 0 is without limit. */
  maxPduBytes: number;
};
/** 0 acceptance, 2 no reason, 3 abstract syntax not supported, 4 transfer syntaxes not supported (PS3.8 table 9-18). */
export type ContextAnswer = {
  id: number;
  result: 0 | 2 | 3 | 4;
  transferSyntax: string;
};

const pdu = (type: number, ...body: Buffer[]): Buffer => {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(
    body.reduce((sum, part) => sum + part.length, 0),
    2,
  );
  return Buffer.concat([header, ...body]);
};

const item = (type: number, ...body: Buffer[]): Buffer => {
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(
    body.reduce((sum, part) => sum + part.length, 0),
    2,
  );
  return Buffer.concat([header, ...body]);
};

const text = (value: string): Buffer => Buffer.from(value, "latin1");
const aeField = (aeTitle: string): Buffer => text(aeTitle.padEnd(longestAeTitle).slice(0, longestAeTitle));

const userInformation = (): Buffer => {
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(ownMaxPduBytes);
  return item(
    0x50,
    item(0x51, maxLength),
    item(0x52, text(implementationClassUid)),
    item(0x55, text(implementationVersionName)),
  );
};

/** A-ASSOCIATE-RQ for our own requests (returning results, echo). */
export function encodeAssociateRequest(request: {
  calledAeTitle: string;
  callingAeTitle: string;
  contexts: PresentationContext[];
}): Buffer {
  const contexts = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(
      0x20,
      Buffer.from([id, 0, 0, 0]),
      item(0x30, text(abstractSyntax)),
      ...transferSyntaxes.map((uid) => item(0x40, text(uid))),
    ),
  );
  return pdu(
    pduType.associateRequest,
    Buffer.from([0, 1, 0, 0]),
    aeField(request.calledAeTitle),
    aeField(request.callingAeTitle),
    Buffer.alloc(32),
    item(0x10, text(dicomApplicationContext)),
    ...contexts,
    userInformation(),
  );
}

/** A-ASSOCIATE-AC. The AE title fields are echoed as they came (PS3.8 table 9-17 forbids to test them). */
export function encodeAssociateAccept(aeTitleFields: Buffer, answers: ContextAnswer[]): Buffer {
  const contexts = answers.map(({ id, result, transferSyntax }) =>
    item(0x21, Buffer.from([id, 0, result, 0]), item(0x40, text(transferSyntax))),
  );
  return pdu(
    pduType.associateAccept,
    Buffer.from([0, 1, 0, 0]),
    aeTitleFields,
    Buffer.alloc(32),
    item(0x10, text(dicomApplicationContext)),
    ...contexts,
    userInformation(),
  );
}

/** A-ASSOCIATE-RJ with result, source and reason of PS3.8 table 9-21. */
export const encodeAssociateReject = (result: 1 | 2, source: 1 | 2 | 3, reason: number): Buffer =>
  pdu(pduType.associateReject, Buffer.from([0, result, source, reason]));
export const encodeReleaseRequest = (): Buffer => pdu(pduType.releaseRequest, Buffer.alloc(4));
export const encodeReleaseResponse = (): Buffer => pdu(pduType.releaseResponse, Buffer.alloc(4));
/** A-ABORT; source 0 is the service user, 2 the service provider (PS3.8 table 9-26). */
export const encodeAbort = (source: 0 | 2, reason: number): Buffer =>
  pdu(pduType.abort, Buffer.from([0, 0, source, reason]));

/** The 12 bytes before the payload of a P-DATA-TF that carries one PDV. */
export function dataHeader(contextId: number, payloadBytes: number, isCommand: boolean, isLast: boolean): Buffer {
  const header = Buffer.alloc(12);
  header[0] = pduType.data;
  header.writeUInt32BE(payloadBytes + 6, 2);
  header.writeUInt32BE(payloadBytes + 2, 6);
  header[10] = contextId;
  header[11] = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return header;
}

/**
 * A command set or a short data set as P-DATA-TF PDUs, each no longer than the peer takes (PS3.8 §9.3.1).
 *
 * @param maxPduBytes what the peer announced; 0 is without limit.
 */
export function messagePdus(contextId: number, bytes: Buffer, isCommand: boolean, maxPduBytes: number): Buffer {
  // Six bytes of a PDU stand before its payload; who takes less than that has asked for nothing.
  const room = maxPduBytes === 0 ? Math.max(bytes.length, 1) : Math.max(2, maxPduBytes - 6);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += room) {
    const part = bytes.subarray(at, at + room);
    parts.push(dataHeader(contextId, part.length, isCommand, at + room >= bytes.length), part);
  }
  return Buffer.concat(parts);
}

type Item = {
  type: number;
  body: Buffer;
};
function* items(bytes: Buffer): Generator<Item> {
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new ProtocolError("item header cut off", 6);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw new ProtocolError("item longer than its PDU", 6);
    yield { type: bytes[at]!, body: bytes.subarray(at + 4, end) };
    at = end;
  }
}
const trimmed = (bytes: Buffer): string => bytes.toString("latin1").replace(/^[\0 ]+|[\0 ]+$/g, "");
const aeTitleOf = (field: Buffer): string => trimAeTitle(field.toString("latin1"));

function maxPduOf(userInfo: Buffer): number {
  for (const { type, body } of items(userInfo)) if (type === 0x51 && body.length === 4) return body.readUInt32BE(0);
  return 0;
}

/**
 * Reads the body of an A-ASSOCIATE-RQ.
 *
 * @throws {ProtocolError} when lengths inside do not add up, or a context id is even or repeated.
 */
export function parseAssociateRequest(body: Buffer): AssociateRequest {
  if (body.length < 68) throw new ProtocolError("association request cut off", 6);
  const request: AssociateRequest = {
    protocolVersion: body.readUInt16BE(0),
    calledAeTitle: aeTitleOf(body.subarray(4, 20)),
    callingAeTitle: aeTitleOf(body.subarray(20, 36)),
    applicationContext: "",
    contexts: [],
    maxPduBytes: 0,
  };
  for (const { type, body: content } of items(body.subarray(68))) {
    if (type === 0x10) request.applicationContext = trimmed(content);
    else if (type === 0x50) request.maxPduBytes = maxPduOf(content);
    else if (type === 0x20) request.contexts.push(presentationContext(content));
  }
  const ids = new Set(request.contexts.map(({ id }) => id));
  if (ids.size !== request.contexts.length) throw new ProtocolError("presentation context id repeated", 6);
  return request;
}

function presentationContext(content: Buffer): PresentationContext {
  if (content.length < 4 || content[0]! % 2 === 0) throw new ProtocolError("bad presentation context", 6);
  const context: PresentationContext = { id: content[0]!, abstractSyntax: "", transferSyntaxes: [] };
  for (const { type, body } of items(content.subarray(4))) {
    if (type === 0x30) context.abstractSyntax = trimmed(body);
    else if (type === 0x40) context.transferSyntaxes.push(trimmed(body));
  }
  return context;
}

/** Reads the body of an A-ASSOCIATE-AC: the contexts the peer accepted and how much it takes per PDU. */
export function parseAssociateAccept(body: Buffer): { accepted: Map<number, string>; maxPduBytes: number } {
  if (body.length < 68) throw new ProtocolError("association answer cut off", 6);
  const accepted = new Map<number, string>();
  let maxPduBytes = 0;
  for (const { type, body: content } of items(body.subarray(68))) {
    if (type === 0x50) maxPduBytes = maxPduOf(content);
    if (type !== 0x21 || content.length < 4 || content[2] !== 0) continue;
    for (const sub of items(content.subarray(4))) if (sub.type === 0x40) accepted.set(content[0]!, trimmed(sub.body));
  }
  return { accepted, maxPduBytes };
}
