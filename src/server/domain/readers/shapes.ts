import type { PrivilegeLevel, ReaderFacts } from "../assignment/engine/index.ts";
import type { Window } from "./roster.ts";

/** Answers of the readers module. Moments are ISO text or dates, days `YYYY-MM-DD`. */

export type ReadPlace = {
  facilityId: string;
  name: string;
  hospitalName: string;
  jurisdiction: string;
  timeZone: string;
};
/** `label`: the jurisdiction of a licence, or the facility's name. */
export type EndingView = {
  kind: "licence" | "privilege";
  userId: string;
  label: string;
  endsAt: Date;
  /** The step somebody was last reminded at; null: not yet. */
  step: number | null;
};
export type ReaderListItem = {
  userId: string;
  displayName: string;
  /** `off-roster`: reads whenever he is there. */
  standing: "on-shift" | "on-break" | "off-shift" | "off-roster";
  /** Until when that lasts; null: not known within a week. */
  until: Date | null;
  signedIn: boolean;
  readTypes: string[];
  /** Jurisdictions of licences that are valid now. */
  licences: string[];
  /** Facilities that bar him, were credentials enforced. */
  barredAt: { facilityId: string; why: "licence" | "privilege" }[];
  done: { cases: number; workUnits: number };
};
export type LicenceView = {
  licenceId: string;
  jurisdiction: string;
  number: string;
  validFrom: string | null;
  validUntil: string | null;
  document: string;
  /** What was uploaded, the oldest first. */
  files: { documentId: string; mediaType: string; sizeBytes: number; by: string; at: Date }[];
  state: "valid" | "not-yet" | "ended" | "removed";
  checks: { outcome: string; source: string; note: string; by: string; at: Date }[];
};
export type PrivilegeView = ReadPlace & {
  level: PrivilegeLevel | null;
  /** What it amounts to now: one below once it has expired. */
  levelNow: PrivilegeLevel | null;
  expiresAt: Date | null;
  grantedBy: string | null;
  grantedAt: Date | null;
};
export type ShiftView = Window & {
  shiftId: string;
  weekdays: number[];
  timeZone: string;
  validFrom: string | null;
  validUntil: string | null;
  breaks: Window[];
};
export type SwapView = {
  swapId: string;
  from: string;
  to: string;
  startsAt: Date;
  endsAt: Date;
  inReturn: { startsAt: Date; endsAt: Date } | null;
  state: "asked" | "agreed" | "refused" | "withdrawn";
  can: { answer: boolean; withdraw: boolean };
};
export type ReaderView = {
  userId: string;
  displayName: string;
  /** Of the group: times are shown in it. */
  timeZone: string;
  enforced: boolean;
  profile: {
    languages: string[];
    readTypes: string[];
    capOpenCases: number | null;
    capShiftCases: number | null;
    capShiftWorkUnits: number | null;
    offRoster: boolean;
    subspecialties: ReaderFacts["subspecialties"];
  };
  licences: LicenceView[];
  privileges: PrivilegeView[];
  shifts: ShiftView[];
  changes: { changeId: string; kind: "extra" | "absence"; startsAt: Date; endsAt: Date; swapped: boolean }[];
  /** What comes of them in the next week. */
  ahead: { from: Date; until: Date }[];
  endings: EndingView[];
  swaps: SwapView[];
  minutesPerWorkUnit: number;
  done: { cases: number; workUnits: number };
};
