import { CaseFilter, CaseSort } from "@overread/shared/case-view";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { mostReserved } from "@overread/shared/reservation";
import { z } from "zod";
import { CaseState } from "#server/db/generated/enums.ts";
import { listIds } from "./list-ids.ts";

/** Inputs of the reading module's verbs. */

export const ListCases = z.object({
  filter: z
    .object({
      state: z.array(z.enum(CaseState)).max(Object.keys(CaseState).length).optional(),
      /** One of the worklist's lists (list-conditions.ts). */
      list: z.enum(listIds).optional(),
      priority: z.enum(["stat", "urgent", "routine"]).optional(),
      facilityId: z.uuid().optional(),
      /** Part of a name in any writing, or the start of a patient ID, accession number or study description. */
      text: z.string().max(100).optional(),
      /** Same as the list `mine`. */
      mine: z.boolean().optional(),
      /** As a saved list has it. */
      where: CaseFilter.optional(),
    })
    .optional(),
  sort: CaseSort.optional(),
  /** What comes after this position, and not beyond that one (`nextCursor` of a page). */
  cursor: z.string().max(1000).nullish(),
  until: z.string().max(1000).nullish(),
  limit: z.number().int().min(1).max(400).default(50),
});
export type ListCases = z.input<typeof ListCases>;

/** How many of the next cases to keep. */
export const ReserveCases = z.object({ count: z.number().int().min(1).max(mostReserved).default(mostReserved) });
export type ReserveCases = z.output<typeof ReserveCases>;

export const OfCase = z.object({ caseId: z.uuid() });
export type OfCase = z.output<typeof OfCase>;

/** The number of refused and damaged images that the caller was shown. */
export const ReadIncomplete = OfCase.extend({ refused: z.number().int().min(1) });
export type ReadIncomplete = z.output<typeof ReadIncomplete>;

/** Decimal text: the token may exceed the integers that JSON numbers represent exactly. */
const ClaimToken = z.string().regex(/^\d{1,18}$/);
export const OfClaim = OfCase.extend({ claimToken: ClaimToken });
export type OfClaim = z.output<typeof OfClaim>;

/** The case that is taken out; the token of the claim, omitted where nobody holds it. */
export const ReadAlone = OfCase.extend({ claimToken: ClaimToken.optional() });
export type ReadAlone = z.output<typeof ReadAlone>;

/** Shown to both organisations: on the case while it is held or cancelled, and on the audit trail. */
const Reason = z.string().trim().min(3).max(300);
/** The token of the current claim; omitted where nobody holds the case. */
export const HoldCase = OfCase.extend({ claimToken: ClaimToken.optional(), reason: Reason });
export type HoldCase = z.output<typeof HoldCase>;
export const CancelCase = OfCase.extend({ reason: Reason });
export type CancelCase = z.output<typeof CancelCase>;

const Message = z.string().overwrite(removeHiddenCharacters).trim().min(3).max(2000);
/** `stopsClock`: the case is held until the site has answered. */
export const AskSite = OfCase.extend({ text: Message, stopsClock: z.boolean(), claimToken: ClaimToken.optional() });
export type AskSite = z.output<typeof AskSite>;
export const AnswerQuestion = OfCase.extend({ text: Message });
export type AnswerQuestion = z.output<typeof AnswerQuestion>;

/** One case; without one, all that is kept for the caller. */
export const Unreserve = z.object({ caseId: z.uuid().optional() });
export type Unreserve = z.output<typeof Unreserve>;

export const DecidePriority = OfCase.extend({ priority: z.enum(["stat", "urgent", "routine"]), reason: Reason });
export type DecidePriority = z.output<typeof DecidePriority>;

/** `decidedAt`: of the decision that the caller was shown; one that came after it stays. */
export const UndoPriority = OfCase.extend({ decidedAt: z.iso.datetime().optional() });
export type UndoPriority = z.output<typeof UndoPriority>;

/** A code of the short list (`shared/skip-reasons.ts`), or free text. */
export const SkipCase = OfCase.extend({ reason: Reason });
export type SkipCase = z.output<typeof SkipCase>;

/** Without a token a worklist manager releases another's claim. */
export const ReleaseClaim = OfCase.extend({ claimToken: ClaimToken.optional() });
export type ReleaseClaim = z.output<typeof ReleaseClaim>;
