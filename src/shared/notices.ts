import { z } from "zod";

/**
 * What people are told, by code. Parameters are numbers, ids and codes of closed form, never text that somebody wrote or an object says: a
 * notice leaves the portal by mail and push, so that nothing of a patient's may stand in one. Words are made by `notice-words`.
 */
export const noticeKinds = {
  /** So much of a case's promised time has run. Whoever of those woken says that it is seen says it for all of them. */
  "case-escalated": z.strictObject({
    percent: z.int().min(1).max(1000),
    to: z.enum(["reader", "pool", "lead", "site"]),
    priority: z.enum(["stat", "urgent", "routine"]),
  }),
  /** A colleague offers his case to the one who is told. */
  "case-handed-over": z.strictObject({ priority: z.enum(["stat", "urgent", "routine"]) }),
  /** Whoever was to take over did not: he declined, or did not answer in time. */
  "handover-not-taken": z.strictObject({}),
  /** Whoever went over his preliminary report differs from it; what and how much stands with the case. */
  "over-read-differs": z.strictObject({}),
  /** Cases have come onto a list that somebody wants to hear of. */
  "list-alert": z.strictObject({ listId: z.uuid(), count: z.int().min(1) }),
  "licence-expires": z.strictObject({
    days: z.int().min(0),
    /** Of the licence, such as `DE` or `US-NY`. */
    jurisdiction: z.string().regex(/^[A-Za-z0-9-]{1,12}$/),
  }),
  /** A reader asked the site about a case, so long ago, and nobody there has answered. `held`: the case waits for it. */
  "question-open": z.strictObject({ minutes: z.int().min(1), held: z.boolean() }),
  "privilege-expires": z.strictObject({ days: z.int().min(0), facilityId: z.uuid() }),
} as const satisfies Record<string, z.ZodType>;

export type NoticeKind = keyof typeof noticeKinds;
export type NoticeParams<K extends NoticeKind> = z.output<(typeof noticeKinds)[K]>;
/** A notice as a code with its parameters: a union by kind. */
export type NoticeSaid<K extends NoticeKind = NoticeKind> = {
  [N in K]: { kind: N; params: NoticeParams<N> };
}[K];

/** Kinds that one of those told acknowledges for all. */
const seenForAll: ReadonlySet<NoticeKind> = new Set(["case-escalated"]);
export const isSeenForAll = (kind: NoticeKind): boolean => seenForAll.has(kind);

/** A row's code and parameters; null: of a newer release, or not of the form. */
export function readNotice(kind: string, params: unknown): NoticeSaid | null {
  const schema = noticeKinds[kind as NoticeKind] as z.ZodType | undefined;
  const parsed = schema?.safeParse(params);
  return parsed?.success ? ({ kind, params: parsed.data } as NoticeSaid) : null;
}
