/** Why a reader skips a case: the short list, shared by worklist and portal. */
export const skipReasons = [
  "Not my field",
  "Waiting for priors or history",
  "Images not good enough yet",
  "I know the patient",
  "Later, no time now",
] as const;

/** Minimum length of a free-text reason, required where the short list is not enough (STAT). */
export const minFreeTextLength = 10;

/** Whether a reason is more than a choice from the list. */
export function isFreeText(reason: string): boolean {
  const offered = skipReasons.some((each) => each.toLowerCase() === reason.trim().toLowerCase());
  return !offered && [...reason.trim()].length >= minFreeTextLength;
}
