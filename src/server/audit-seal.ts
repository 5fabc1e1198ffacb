import { createHmac, timingSafeEqual } from "node:crypto";
import { config } from "#server/config.ts";

/** A read that waits for its place in the chain (`audit_read`), with the same fields as in the chain. */
export type SealedRead = {
  stream: string;
  streamN: string;
  orgId: string;
  /** Microseconds since 1970. */
  at: string;
  actorOrgId: string;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  outcome: string;
  patientRef: string | null;
  studyRef: string | null;
  caseId: string | null;
  details: Readonly<Record<string, unknown>>;
  requestId: string;
};

/**
 * The seal of a waiting read: HMAC-SHA-256 over its content and its number within its connection's reads. The key is
 * held by the processes that serve people, not by the database: whoever can only write the database can neither change
 * nor forge a read, nor reorder reads.
 *
 * @returns 64 hexadecimal digits
 */
export function sealRead(read: SealedRead): string {
  const fields = ["audit-read-1", read.stream, read.streamN, read.orgId, read.at, read.actorOrgId, read.actorKind];
  const who = [read.actorId, read.actorName, read.action, read.outcome, read.patientRef, read.studyRef, read.caseId];
  const text = [...fields, ...who, canonical(read.details), read.requestId]
    .map((field) => (field === null ? "-" : `${Buffer.byteLength(field, "utf8")}:${field}`))
    .join(",");
  return createHmac("sha256", config().key("audit-reads")).update(text, "utf8").digest("hex");
}

export function isSealed(read: SealedRead, mac: string): boolean {
  const [own, given] = [Buffer.from(sealRead(read)), Buffer.from(mac)];
  return own.length === given.length && timingSafeEqual(own, given);
}

/** jsonb has its own order of keys and format of numbers; both sides agree on this one. */
const canonical = (details: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
