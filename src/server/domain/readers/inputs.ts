import { bodyRegions } from "@overread/shared/body-regions";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { reportLanguages } from "@overread/shared/report-languages";
import { z } from "zod";
import { ageBands, code, isTimeZone, minuteOf, privilegeLevels, readTypes } from "../assignment/engine/index.ts";
import { Jurisdiction } from "./jurisdiction.ts";

/** Inputs of the verbs that change what a group keeps of its readers. */

const line = (longest: number) => z.string().overwrite(removeHiddenCharacters).trim().max(longest);
/** A day of the calendar. One that lies in no reader's life is a slip of the keyboard, and no clock could tell its end. */
const Day = z.iso.date().refine((day) => day >= "1900-01-01" && day <= "2199-12-31", "a day from 1900 to 2199");
const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "HH:MM");
const TimeZone = z.string().max(64).refine(isTimeZone, "no time zone");
const Moment = z.coerce.date();
const inOrder = ({ validFrom, validUntil }: { validFrom: string | null; validUntil: string | null }) =>
  validFrom === null || validUntil === null || validFrom <= validUntil;
const days = { validFrom: Day.nullable().default(null), validUntil: Day.nullable().default(null) };
const daysInOrder = { path: ["validUntil"], message: "ends before it begins" };
const dayMs = 24 * 60 * 60_000;
const spanInOrder = { path: ["endsAt"], message: "ends before it begins, or more than 60 days later" };
const isSpan = ({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }) =>
  startsAt < endsAt && endsAt.getTime() - startsAt.getTime() <= 60 * dayMs;

export const OfReader = z.object({ userId: z.uuid() });
export type OfReader = z.output<typeof OfReader>;

const cap = z.number().int().min(0).max(10_000).nullable();
const Subspecialty = z.object({
  modalities: z.array(z.string().regex(/^[A-Z0-9]{2,16}$/)).max(20),
  bodyRegions: z.array(z.enum(bodyRegions)).max(20),
  ageBands: z.array(z.enum(ageBands)).max(7),
  /** Codes of procedures, or words of their descriptions. */
  procedures: z.array(line(64).pipe(code)).max(40).default([]),
});
export const SaveProfile = z.object({
  userId: z.uuid(),
  languages: z
    .array(z.string().refine((tag) => Object.hasOwn(reportLanguages, tag), "no language of a report"))
    .max(60),
  readTypes: z.array(z.enum(readTypes)).min(1),
  capOpenCases: cap,
  capShiftCases: cap,
  capShiftWorkUnits: z.number().min(0).max(10_000).nullable(),
  offRoster: z.boolean(),
  subspecialties: z.array(Subspecialty).max(20),
});
export type SaveProfile = z.output<typeof SaveProfile>;

export const AddLicence = z
  .object({
    userId: z.uuid(),
    jurisdiction: Jurisdiction,
    number: line(64).min(1),
    ...days,
    /** Where the document itself is kept. */
    document: line(300).default(""),
  })
  .refine(inOrder, daysInOrder);
export type AddLicence = z.output<typeof AddLicence>;
export const OfLicence = z.object({ licenceId: z.uuid() });
export type OfLicence = z.output<typeof OfLicence>;
export const CheckLicence = OfLicence.extend({
  outcome: z.enum(["confirmed", "differs", "not-found"]),
  /** The register that was asked. */
  source: line(300).min(3),
  note: line(1000).default(""),
});
export type CheckLicence = z.output<typeof CheckLicence>;

export const GrantPrivilege = z.object({
  userId: z.uuid(),
  facilityId: z.uuid(),
  level: z.enum(privilegeLevels),
  /** The last day on the facility's clock; null: until it is changed. */
  lastDay: Day.nullable(),
});
export type GrantPrivilege = z.output<typeof GrantPrivilege>;

export const AddShift = z
  .object({
    userId: z.uuid(),
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7),
    starts: Clock,
    ends: Clock,
    timeZone: TimeZone,
    ...days,
    breaks: z
      .array(z.object({ starts: Clock, ends: Clock }))
      .max(6)
      .default([]),
  })
  .refine(inOrder, daysInOrder)
  .refine(({ breaks, ...shift }) => breaks.every((each) => liesIn(each, shift)), {
    path: ["breaks"],
    message: "a break lies within its shift",
  });
export type AddShift = z.output<typeof AddShift>;

type Window = { starts: string; ends: string };
/** Minutes from the beginning of a shift to a time on the wall; its own beginning is 0. */
const into = (shift: Window, clock: string): number => (minuteOf(clock) - minuteOf(shift.starts) + 1440) % 1440;
function liesIn(pause: Window, shift: Window): boolean {
  const length = into(shift, shift.ends) || 1440;
  const [from, until] = [into(shift, pause.starts), into(shift, pause.ends) || 1440];
  return from < until && until <= length;
}

export const OfShift = z.object({ shiftId: z.uuid() });
export type OfShift = z.output<typeof OfShift>;
export const AddShiftChange = z
  .object({ userId: z.uuid(), kind: z.enum(["extra", "absence"]), startsAt: Moment, endsAt: Moment })
  .refine(isSpan, spanInOrder);
export type AddShiftChange = z.output<typeof AddShiftChange>;
export const OfShiftChange = z.object({ changeId: z.uuid() });
export type OfShiftChange = z.output<typeof OfShiftChange>;

export const AskSwap = z
  .object({
    toUserId: z.uuid(),
    /** What is given away. */
    startsAt: Moment,
    endsAt: Moment,
    /** What is taken over in return; null: nothing. */
    inReturn: z.object({ startsAt: Moment, endsAt: Moment }).refine(isSpan, spanInOrder).nullable().default(null),
  })
  .refine(isSpan, spanInOrder);
export type AskSwap = z.output<typeof AskSwap>;
export const AnswerSwap = z.object({ swapId: z.uuid(), agrees: z.boolean() });
export type AnswerSwap = z.output<typeof AnswerSwap>;
export const OfSwap = z.object({ swapId: z.uuid() });
export type OfSwap = z.output<typeof OfSwap>;

/** `groupId` null: a new one. */
export const SaveGroup = z.object({
  groupId: z.uuid().nullable(),
  name: line(80).min(1),
  readerIds: z.array(z.uuid()).max(500),
});
export type SaveGroup = z.output<typeof SaveGroup>;
export const OfGroup = z.object({ groupId: z.uuid() });
export type OfGroup = z.output<typeof OfGroup>;

export const EnforceCredentials = z.object({ enforced: z.boolean().default(false) });
export type EnforceCredentials = z.output<typeof EnforceCredentials>;
/** A file of work units, as text. */
export const ImportWorkUnits = z.object({ csv: z.string().max(2_000_000).default("") });
export type ImportWorkUnits = z.output<typeof ImportWorkUnits>;
