/** Why a reader leaves a case for later: the short list that the worklist offers and the portal knows, so that both mean the same. */
export const skipReasons = [
  "Not my field",
  "Waiting for priors or history",
  "Images not good enough yet",
  "I know the patient",
  "Later, no time now",
] as const;

/** Characters that a reason in one's own words has at least, where the short list is not enough (STAT). */
export const minFreeTextLength = 10;

/** Whether a reason is more than a pick from the list. */
export function isFreeText(reason: string): boolean {
  const offered = skipReasons.some((each) => each.toLowerCase() === reason.trim().toLowerCase());
  return !offered && [...reason.trim()].length >= minFreeTextLength;
}
