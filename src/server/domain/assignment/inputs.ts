import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";

export const OfGivenCase = z.object({ caseId: z.uuid() });
export type OfGivenCase = z.output<typeof OfGivenCase>;

/** Why not, in one's own words. */
export const DeclineCase = OfGivenCase.extend({
  reason: z.string().overwrite(removeHiddenCharacters).trim().min(3).max(300),
});
export type DeclineCase = z.output<typeof DeclineCase>;

/** To whom, null: whoever is free; and what he would tell him at the desk. */
export const HandOverCase = OfGivenCase.extend({
  /** Decimal text: the token may exceed the integers that JSON numbers represent exactly. */
  claimToken: z.string().regex(/^\d{1,18}$/),
  toId: z.uuid().nullable(),
  note: z.string().overwrite(removeHiddenCharacters).trim().min(3).max(1000),
});
export type HandOverCase = z.output<typeof HandOverCase>;

/** Cases to read with the one that is held, as one report. */
export const ReadCaseWith = OfGivenCase.extend({
  claimToken: z.string().regex(/^\d{1,18}$/),
  withIds: z.array(z.uuid()).min(1).max(8),
});
export type ReadCaseWith = z.output<typeof ReadCaseWith>;

/** `from`: to whom it still has to be given, where what was seen is taken back; absent: whosever it is. */
export const AssignCase = OfGivenCase.extend({ readerId: z.uuid(), from: z.uuid().optional() });
export type AssignCase = z.output<typeof AssignCase>;

/** `from`: as of {@link AssignCase}. */
export const UnassignCase = OfGivenCase.extend({ from: z.uuid().optional() });
export type UnassignCase = z.output<typeof UnassignCase>;

/** `timeZone`: in which the reasons tell times. */
export const TraceCase = OfGivenCase.extend({ timeZone: z.string().min(1).max(64).default("UTC") });
export type TraceCase = z.output<typeof TraceCase>;
