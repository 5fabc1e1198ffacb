import { z } from "zod";
import { ageBands, code, id, patientClasses, priorities, readTypes } from "./codes.ts";
import { isTimeZone } from "./wall-clock.ts";

/**
 * Rules of a reading group, edited on a page as sentences (sentence.ts). A rule says which cases (`when`: every condition holds), who
 * (`readers`), when by the clock (`schedule`), how much (`caps`) and how (`mode`). They are asked in order: the first that fits and finds
 * somebody who may read decides; one that would offer and has nobody to ask lets those below try first. One that is `exclusive` is the last
 * that is asked, also when it finds nobody. A case of which no rule speaks is in the pool of all who may read it.
 */

const amongValues = <F extends string, T extends z.ZodType>(field: F, value: T) =>
  z.strictObject({
    field: z.literal(field),
    op: z.enum(["any-of", "none-of"]),
    values: z.array(value).min(1).max(500),
  });

/** Up to a year: a moment that no date can tell would be planned otherwise. */
const minutes = z
  .int()
  .min(0)
  .max(366 * 24 * 60);

/** A closed list: what can be asked of a case. Of several modalities or regions one is enough for `any-of`; `none-of` is its opposite. */
const conditionSchema = z.discriminatedUnion("field", [
  amongValues("hospital", id),
  amongValues("facility", id),
  amongValues("modality", code),
  amongValues("body-region", code),
  amongValues("procedure", code),
  amongValues("patient-class", z.enum(patientClasses)),
  amongValues("age-band", z.enum(ageBands)),
  amongValues("priority", z.enum(priorities)),
  amongValues("read-type", z.enum(readTypes)),
  amongValues("language", code),
  /** Less time than this is left until it is due. */
  z.strictObject({ field: z.literal("slack"), op: z.literal("under"), minutes }),
  /** It arrived longer ago than this. */
  z.strictObject({ field: z.literal("waited"), op: z.literal("over"), minutes }),
]);
export type Condition = z.infer<typeof conditionSchema>;

/** `HH:MM` of a clock on the wall. */
export const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
/** Days 1 = Monday … 7 = Sunday (ISO 8601), on which the window begins; `until` not after `from`: into the next day. Equal: 24 hours. */
const windowSchema = z.strictObject({
  days: z.array(z.int().min(1).max(7)).min(1),
  from: clockTime,
  until: clockTime,
});
export type ClockWindow = z.infer<typeof windowSchema>;
/** One zone that nobody knows would stop every decision of the group. */
const timeZone = z.string().refine(isTimeZone, "no time zone of the IANA database");
const scheduleSchema = z.strictObject({ timeZone, windows: z.array(windowSchema).min(1).max(50) });
export type Schedule = z.infer<typeof scheduleSchema>;

const modeSchema = z.discriminatedUnion("kind", [
  /** Readers who may see it in their list and claim it. */
  z.strictObject({ kind: z.literal("pool") }),
  /** Goes to one reader; he has this long to say yes, then it goes to the next. Null: his without asking. */
  z.strictObject({ kind: z.literal("push"), acceptSeconds: z.int().min(10).max(86_400).nullable() }),
  /** Nobody chooses: who asks for his next case gets the one that is first in his line. */
  z.strictObject({ kind: z.literal("draw") }),
]);
export type Mode = z.infer<typeof modeSchema>;

export const ruleSchema = z.strictObject({
  id,
  when: z.array(conditionSchema).max(50),
  /** Both empty: every reader of the group. */
  readers: z.strictObject({ readerIds: z.array(id).max(500), groupIds: z.array(id).max(100) }),
  /** Null: always. */
  schedule: scheduleSchema.nullable(),
  /** `required`: who is not trained for it is barred; `preferred`: who is goes first. Generalists are trained for nothing in particular. */
  subspecialty: z.enum(["required", "preferred"]),
  /** Of what a reader has in hand under this rule; null: no cap. STAT goes past them. */
  caps: z.strictObject({ openCases: z.int().min(1).nullable(), openWorkUnits: z.number().positive().nullable() }),
  mode: modeSchema,
  exclusive: z.boolean(),
});
export type Rule = z.infer<typeof ruleSchema>;

export const ruleSetSchema = z.strictObject({
  /** Grows with every save. */
  version: z.int().min(0),
  rules: z
    .array(ruleSchema)
    .refine((rules) => new Set(rules.map((each) => each.id)).size === rules.length, "two rules with one id"),
});
export type RuleSet = z.infer<typeof ruleSetSchema>;
