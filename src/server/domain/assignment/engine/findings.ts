import type { Instant, PrivilegeLevel, ReadType } from "./codes.ts";

/** What is found when a reader is held against a case: each with what it takes to say it in words. */
type Parameters = {
  "contract.in-force": Record<never, never>;
  "contract.none": { facilityId: string };
  "licence.valid": { jurisdiction: string; until: Instant | null };
  "licence.missing": { jurisdiction: string };
  "licence.expired": { jurisdiction: string; at: Instant };
  "licence.not-yet": { jurisdiction: string; from: Instant };
  "privilege.enough": { facilityId: string; level: PrivilegeLevel };
  "privilege.too-low": { facilityId: string; level: PrivilegeLevel; needed: PrivilegeLevel };
  "privilege.expired": { facilityId: string; level: PrivilegeLevel; needed: PrivilegeLevel; at: Instant };
  "read-type.held": { readType: ReadType };
  "read-type.missing": { readType: ReadType };
  "language.held": { language: string };
  "language.missing": { language: string };
  "subspecialty.match": Record<never, never>;
  "subspecialty.generalist": Record<never, never>;
  "subspecialty.other": Record<never, never>;
  "subspecialty.required": Record<never, never>;
  "rule.names-him": { ruleId: string };
  "rule.names-others": { ruleId: string };
  "conflict.declared": Record<never, never>;
  "conflict.same-reader": { readType: ReadType };
  "shift.on": { until: Instant };
  "shift.off-roster": Record<never, never>;
  "shift.off": { next: Instant | null };
  "break.on": { until: Instant };
  "skip.runs": { until: Instant };
  "session.none": Record<never, never>;
  "offer.declined": { at: Instant };
  "offer.waits": Record<never, never>;
  "cap.open-cases": { most: number };
  "cap.shift-cases": { most: number };
  "cap.shift-work-units": { most: number };
  "cap.rule-open-cases": { most: number; ruleId: string };
  "cap.rule-open-work-units": { most: number; ruleId: string };
  "cap.stat": Record<never, never>;
};
export type FindingCode = keyof Parameters;
export type Finding = { [C in FindingCode]: { code: C } & Parameters[C] }[FindingCode];

/**
 * What a finding does. `lets`: speaks for him. `never`: bars him, whoever wishes it otherwise. `now`: bars him until a time. `ask`: he may take
 * the case but is not asked. `cap`: he has enough; STAT goes past it. `busy`: he has an offer to answer first; STAT goes past it.
 */
export type Force = "lets" | "never" | "now" | "ask" | "cap" | "busy";

/** A finding without a force does not compile. */
const forces = {
  "contract.in-force": "lets",
  "contract.none": "never",
  "licence.valid": "lets",
  "licence.missing": "never",
  "licence.expired": "never",
  "licence.not-yet": "never",
  "privilege.enough": "lets",
  "privilege.too-low": "never",
  "privilege.expired": "never",
  "read-type.held": "lets",
  "read-type.missing": "never",
  "language.held": "lets",
  "language.missing": "never",
  "subspecialty.match": "lets",
  "subspecialty.generalist": "lets",
  "subspecialty.other": "lets",
  "subspecialty.required": "never",
  "rule.names-him": "lets",
  "rule.names-others": "never",
  "conflict.declared": "never",
  "conflict.same-reader": "never",
  "shift.on": "lets",
  "shift.off-roster": "lets",
  "shift.off": "now",
  "break.on": "now",
  "skip.runs": "now",
  "session.none": "ask",
  "offer.declined": "ask",
  "offer.waits": "busy",
  "cap.open-cases": "cap",
  "cap.shift-cases": "cap",
  "cap.shift-work-units": "cap",
  "cap.rule-open-cases": "cap",
  "cap.rule-open-work-units": "cap",
  "cap.stat": "lets",
} as const satisfies Record<FindingCode, Force>;

/** What bars, at all or now. */
export type BarCode = {
  [C in FindingCode]: (typeof forces)[C] extends "never" | "now" ? C : never;
}[FindingCode];

export const forceOf = ({ code }: Finding): Force => forces[code];
/** He must not read it, at all or now. */
export const bars = (finding: Finding): finding is Extract<Finding, { code: BarCode }> =>
  forceOf(finding) === "never" || forceOf(finding) === "now";
