import { z } from "zod";
import {
  ageBands,
  caseStates,
  code,
  id,
  instant,
  patientClasses,
  priorities,
  privilegeLevels,
  readTypes,
} from "./codes.ts";
import { ruleSetSchema } from "./rules.ts";

/**
 * All the facts that a decision may use: a closed, versioned JSON value. Whoever calls the engine fills it from the database in one
 * transaction and keeps it beside the decisions, so that each of them can be replayed bit for bit.
 *
 * - Instants are milliseconds since 1970-01-01T00:00Z (`Date.getTime()`), minutes are minutes, lists may come in any order.
 * - Ids and codes only: no name, no patient ID, no free text. `patientRef` is a key of ours that says no more than "the same person".
 * - What is over may stay out (skips, offers, licences), and may as well stay in: the engine compares with `now`.
 * - Of one reading group. Its cases are those not signed and not cancelled; signed ones are passed over.
 */

/** From, and until when: `until` is the first moment outside. */
const interval = z.strictObject({ from: instant, until: instant });
/** Null on either side: without end there. */
const validity = { validFrom: instant.nullable(), validUntil: instant.nullable() };

const caseSchema = z.strictObject({
  id,
  hospitalId: id,
  /** Of a study that came by no facility: the hospital's own id, with a facility of that id below. */
  facilityId: id,
  /** Modality (0008,0060) of the images, e.g. `["CT"]`; more than one where the study is mixed. */
  modalities: z.array(code),
  /** As reading/body-regions.ts names them, e.g. `head`; empty when neither code nor description says. */
  bodyRegions: z.array(code),
  /** Code of the requested procedure, the key of the work unit table; null where no order says. */
  procedureCode: code.nullable(),
  /** Of the codes and words by which readers are trained (`subspecialties`), those that its order or study names; in kept runs from before: none. */
  procedures: z.array(code).default([]),
  patientClass: z.enum(patientClasses),
  ageBand: z.enum(ageBands),
  /** Same for two cases of one person by the identity rules; null where the identity is in doubt: then nothing is kept together. */
  patientRef: id.nullable(),
  /** Open or signed cases that one report would cover. One side is enough. */
  linkedCaseIds: z.array(id),
  priority: z.enum(priorities),
  state: z.enum(caseStates),
  /** Images whole (or read without), technologist's check done: it may be begun. */
  ready: z.boolean(),
  arrivedAt: instant,
  /** When the report is due, the clock's stops counted in (service-level.ts). */
  dueAt: instant,
  /** When it was due as promised on arrival. */
  promisedAt: instant,
  /** What it needs next. */
  readType: z.enum(readTypes),
  /** Who reads it next must be somebody who has not read it. An over-read always is such. */
  doubleReading: z.boolean(),
  /** Code of src/shared/report-languages.ts that the report has to be in; null: any. */
  language: code.nullable(),
  /** Who has signed it before, and as what. */
  readBy: z.array(z.strictObject({ readerId: id, readType: z.enum(readTypes) })),
  /** Whose unsigned words are saved; null: nobody's. */
  draftReaderId: id.nullable(),
  /** Who signed the priors that are attached. */
  priorReaderIds: z.array(id),
  /** Who must not read it, whatever a rule says: the patient himself, who referred him, a complaint. */
  conflictReaderIds: z.array(id),
  /** The lease of who reads it now; over at `until`. */
  claim: z.strictObject({ readerId: id, until: instant, ruleId: id.nullable() }).nullable(),
  /** Waits for his yes until then. */
  offer: z.strictObject({ readerId: id, offeredAt: instant, until: instant, ruleId: id.nullable() }).nullable(),
  /** Given to him; `ruleId` null: by a person, which no rule undoes. */
  assignment: z.strictObject({ readerId: id, assignedAt: instant, ruleId: id.nullable() }).nullable(),
  /** Who said no to an offer or let it run out, since the case was last unread. */
  declined: z.array(z.strictObject({ readerId: id, at: instant })),
  /** Who left it for later, until when. */
  skips: z.array(z.strictObject({ readerId: id, until: instant })),
});
export type CaseFacts = z.infer<typeof caseSchema>;

const readerSchema = z.strictObject({
  id,
  orgId: id,
  /** A session is open and was seen lately. */
  signedIn: z.boolean(),
  /** Null: on no roster, reads whenever he is there. Shifts a day back and a week ahead are enough. */
  shifts: z.array(interval).nullable(),
  breaks: z.array(interval),
  licences: z.array(z.strictObject({ jurisdiction: code, ...validity })),
  /** One for each facility where he may do anything at all. From `expiresAt` on it is the level below. */
  privileges: z.array(
    z.strictObject({ facilityId: id, level: z.enum(privilegeLevels), expiresAt: instant.nullable() }),
  ),
  /** What he is trained for. An empty list inside means any; no entry at all: reads everything, as a generalist. */
  subspecialties: z.array(
    z.strictObject({
      modalities: z.array(code),
      bodyRegions: z.array(code),
      ageBands: z.array(z.enum(ageBands)),
      /** Codes of procedures, or words that stand in their descriptions. */
      procedures: z.array(code).default([]),
    }),
  ),
  readTypes: z.array(z.enum(readTypes)),
  languages: z.array(code),
  /** Null: no cap. STAT goes past all of them. */
  caps: z.strictObject({
    openCases: z.int().min(0).nullable(),
    shiftCases: z.int().min(0).nullable(),
    shiftWorkUnits: z.number().min(0).nullable(),
  }),
  /** What he has signed in the running shift; `since`: its beginning (off the roster: from when it is counted). */
  done: z.strictObject({ since: instant, cases: z.int().min(0), workUnits: z.number().min(0) }),
  /** His own pace of the last weeks, or the group's. */
  minutesPerWorkUnit: z.number().positive(),
});
export type ReaderFacts = z.infer<typeof readerSchema>;

const workUnitTableSchema = z.strictObject({
  /** Work units (RVU) a procedure counts for; `effort`: as how many of them it takes time, where pay and time differ. */
  procedures: z.array(
    z.strictObject({ code, workUnits: z.number().positive(), effort: z.number().positive().nullable() }),
  ),
  /** Where the procedure is not in the table: by modality. */
  modalities: z.array(z.strictObject({ modality: code, workUnits: z.number().positive() })),
  otherwise: z.number().positive(),
});
export type WorkUnitTable = z.infer<typeof workUnitTableSchema>;

export const snapshotSchema = z.strictObject({
  version: z.literal(1),
  now: instant,
  /** The only chance there is: decides between two who are alike in everything. */
  seed: z.int(),
  cases: z.array(caseSchema),
  readers: z.array(readerSchema),
  groups: z.array(z.strictObject({ id, readerIds: z.array(id) })),
  /** `jurisdiction`: whose licence reading for it takes, e.g. `DE-BY`. `timeZone`: IANA, e.g. `Europe/Berlin`. */
  facilities: z.array(z.strictObject({ id, hospitalId: id, jurisdiction: code, timeZone: z.string() })),
  /** `facilityId` null: all facilities of the hospital. */
  contracts: z.array(z.strictObject({ id, hospitalId: id, facilityId: id.nullable(), ...validity })),
  rules: ruleSetSchema,
  workUnits: workUnitTableSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;
