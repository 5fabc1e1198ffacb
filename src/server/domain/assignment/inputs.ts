import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";

export const OfGivenCase = z.object({ caseId: z.uuid() });
export type OfGivenCase = z.output<typeof OfGivenCase>;

/** Why not, in one's own words. */
export const DeclineCase = OfGivenCase.extend({
  reason: z.string().overwrite(removeHiddenCharacters).trim().min(3).max(300),
});
export type DeclineCase = z.output<typeof DeclineCase>;

export const AssignCase = OfGivenCase.extend({ readerId: z.uuid() });
export type AssignCase = z.output<typeof AssignCase>;

/** `timeZone`: in which the reasons tell times. */
export const TraceCase = OfGivenCase.extend({ timeZone: z.string().min(1).max(64).default("UTC") });
export type TraceCase = z.output<typeof TraceCase>;
