import { z } from "zod";

/**
 * What a list of cases shows: which, in what order, in which columns. A closed document: it is kept with saved lists
 * and stands in the address of the page, so nothing in it can be a name or any other text of a person.
 */

const names = { unit: ["minutes", "hours", "days"] } as const;
const TimeZone = z
  .string()
  .max(64)
  .refine((zone) => zone === "UTC" || Intl.supportedValuesOf("timeZone").includes(zone), "unknown time zone");

const Span = { count: z.int().min(1).max(999), unit: z.enum(names.unit) };
/** A time relative to now. A day is one of the facility's, or of a zone. */
const When = z.discriminatedUnion("is", [
  z.strictObject({ is: z.literal("within-last"), ...Span }),
  z.strictObject({ is: z.literal("within-next"), ...Span }),
  z.strictObject({ is: z.literal("longer-ago"), ...Span }),
  z.strictObject({ is: z.literal("on"), day: z.int().min(-31).max(31), zone: z.literal("facility").or(TimeZone) }),
]);
export type When = z.output<typeof When>;

/** Codes of modalities (PS3.3 C.7.3.1.1.1) that a list can be narrowed to. */
export const filterModalities = [
  ...["CR", "CT", "DX", "ES", "IO", "IVUS", "MG", "MR", "NM", "OCT", "OP", "OPT", "PT", "PX", "RF", "SM", "US", "XA"],
  ...["DOC", "ECG", "OT", "XC"],
] as const;

const some = <const T extends readonly [string, ...string[]]>(values: T) =>
  z
    .array(z.enum(values))
    .min(1)
    .max(values.length)
    .refine((list) => new Set(list).size === list.length, "named twice");

/** All that is given must be true of a case; of a list of values, one. */
export const CaseFilter = z.strictObject({
  priority: some(["stat", "urgent", "routine"]).optional(),
  state: some(["arriving", "unread", "claimed", "drafted", "preliminary", "held"]).optional(),
  modality: some(filterModalities as unknown as readonly [string, ...string[]]).optional(),
  facility: z.array(z.uuid()).min(1).max(50).optional(),
  due: When.optional(),
  arrived: When.optional(),
  studied: When.optional(),
  order: z.enum(["matched", "none"]).optional(),
  /** `whole`: all that was announced is here; `partly`: some is not; `missing`: some never comes; `late`: some came too late. */
  images: z.enum(["whole", "partly", "missing", "late"]).optional(),
  priors: z.enum(["some", "none"]).optional(),
  question: z.enum(["asked", "answered", "none"]).optional(),
  /** `waiting`: the facility asks for one, and nobody has said that it is complete; `none`: nobody asks. */
  techCheck: z.enum(["waiting", "complete", "none"]).optional(),
  draft: z.enum(["mine", "others", "none"]).optional(),
  reader: z.enum(["me", "others", "nobody"]).optional(),
  /** To whom a case is offered or assigned that he has not claimed yet. */
  given: z.enum(["me", "others", "nobody"]).optional(),
});
export type CaseFilter = z.output<typeof CaseFilter>;

/** Not by name or ID: the position in such a list would be one. */
export const sortColumns = [
  ...(["priority", "due", "exam", "facility", "studyDate", "arrived", "images", "priors", "reader", "state"] as const),
] as const;
export type SortColumn = (typeof sortColumns)[number];

/** The first counts most. None: most urgent first, as assignment sees it. */
export const CaseSort = z
  .array(z.strictObject({ by: z.enum(sortColumns), down: z.boolean() }))
  .max(4)
  .refine((keys) => new Set(keys.map(({ by }) => by)).size === keys.length, "sorted twice by one column");
export type CaseSort = z.output<typeof CaseSort>;

export const columnIds = [
  ...(["priority", "due", "exam", "facility", "studyDate", "studyTime", "patient", "patientId", "sexAge"] as const),
  ...([
    "images",
    "techCheck",
    "order",
    "priors",
    "question",
    "arrived",
    "promised",
    "given",
    "reader",
    "draft",
  ] as const),
  "state",
] as const;

/** In order; width in px where a person has chosen one. None: all of them, by the room there is. */
export const CaseColumns = z
  .array(z.strictObject({ id: z.enum(columnIds), width: z.int().min(24).max(800).optional() }))
  .max(columnIds.length)
  .refine((columns) => new Set(columns.map(({ id }) => id)).size === columns.length, "a column twice");
export type CaseColumns = z.output<typeof CaseColumns>;

/** The lists that others are made from. */
export const baseLists = ["next", "all", "final"] as const;

export const CaseView = z.strictObject({
  base: z.enum(baseLists),
  filter: CaseFilter,
  sort: CaseSort,
  columns: CaseColumns,
});
export type CaseView = z.output<typeof CaseView>;
