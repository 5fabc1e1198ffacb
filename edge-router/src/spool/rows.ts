import type { RecordMeta } from "./segment.ts";

type InstanceState = "queued" | "done" | "refused";
/** One object that was acknowledged. `done`: the archive holds it; `refused`: the archive cannot take it, kept here. */
export type InstanceRow = {
  id: number;
  sopInstanceUid: string;
  studyInstanceUid: string;
  sha256: string;
  /** Empty in rows that an earlier version of the router made. */
  transferSyntaxUid: string;
  segment: string | null;
  offset: number;
  file: string | null;
  sizeBytes: number;
  receivedAt: number;
  state: InstanceState;
  attempts: number;
  reason: string | null;
};
export type StudyRow = {
  studyInstanceUid: string;
  firstReceivedAt: number;
  lastReceivedAt: number;
  callingAeTitle: string;
  purpose: "read" | "prior";
  /** Counts what was received; the portal has been told up to `toldRevision`. */
  revision: number;
  attempts: number;
};
/** A location as the journal gives it, or a file of its own. */
export type Stored = {
  meta: RecordMeta;
  segment: string | null;
  offset: number;
  /** The archive may have it: ask before sending. */
  suspect?: boolean;
};

/** How long a confirmed object is remembered, so that it is not sent twice when it comes again. */
export const forgetAfterMs = 30 * 24 * 3_600_000;
