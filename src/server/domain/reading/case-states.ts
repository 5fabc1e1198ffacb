import type { CaseState } from "#server/db/generated/enums.ts";

/**
 * Every allowed transition of a case; anything else is refused. A case without a claim is `unread`, or `drafted` once a
 * draft exists; a signed case only gains addenda. What is drafted is unread again only when
 * the text is another case's that it was read with. Held and cancelled cases go back to their previous state.
 */
export const caseMoves: Readonly<Record<CaseState, readonly CaseState[]>> = {
  arriving: ["unread", "held", "cancelled"],
  unread: ["claimed", "held", "cancelled"],
  claimed: ["unread", "drafted", "held", "cancelled"],
  drafted: ["preliminary", "final", "held", "cancelled", "unread"],
  preliminary: ["final", "held"],
  final: ["amended"],
  amended: [],
  held: ["arriving", "unread", "drafted", "preliminary", "cancelled"],
  cancelled: ["arriving", "unread", "drafted"],
};

export function isLegalMove(from: CaseState, to: CaseState): boolean {
  return caseMoves[from].includes(to);
}

/** The sets of states behind the conditions of case-conditions.ts; use those. */
export const claimableStates: readonly CaseState[] = ["unread", "claimed", "drafted", "preliminary"];
export const openStates: readonly CaseState[] = ["arriving", "unread", "claimed", "drafted", "preliminary", "held"];
export const signedStates: readonly CaseState[] = ["final", "amended"];
/** Reading has begun, or is over. */
export const begunStates: readonly CaseState[] = ["claimed", "drafted", "preliminary", "final", "amended"];
