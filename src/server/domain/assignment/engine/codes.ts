import { z } from "zod";

/** The words that snapshot and rules are made of: closed lists, codes and numbers. */

/** Milliseconds since 1970-01-01T00:00Z. */
export type Instant = number;
export const instant = z.int();
export const minuteMs = 60_000;

/** A key of ours; nothing is read out of it. */
export const id = z.string().min(1).max(64);
/** A code as its standard or our own table writes it; never a sentence. */
export const code = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._/-]{0,63}$/u);

/** As prisma/schema/reading.prisma has them. */
export const priorities = ["stat", "urgent", "routine"] as const;
export type Priority = (typeof priorities)[number];
export const caseStates = [
  "arriving",
  "unread",
  "claimed",
  "drafted",
  "preliminary",
  "final",
  "amended",
  "held",
  "cancelled",
] as const;

/** HL7 table 0004 (PV1-2), reduced to what contracts tell apart. */
export const patientClasses = ["emergency", "inpatient", "outpatient", "unknown"] as const;
export type PatientClass = (typeof patientClasses)[number];

/** Up to 28 days, 1 year, 12, 17, 64 years, and above. */
export const ageBands = ["neonate", "infant", "child", "adolescent", "adult", "senior", "unknown"] as const;
export type AgeBand = (typeof ageBands)[number];

/** `preliminary`: to be followed by a final or an over-read; `over-read`: a second person's look at a signed one. */
export const readTypes = ["preliminary", "final", "over-read"] as const;
export type ReadType = (typeof readTypes)[number];

/** What a reader may do at a facility, the least first. */
export const privilegeLevels = ["none", "view", "draft", "report"] as const;
export type PrivilegeLevel = (typeof privilegeLevels)[number];
