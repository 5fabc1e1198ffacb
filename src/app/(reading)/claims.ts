/** A lease on a case: its token, and its end by the server's clock (ms since 1970). */
export type HeldClaim = { claimToken: string; until: number };

/**
 * The claims of this window, carried from the worklist to the reading page. In memory only: a token in browser storage
 * would outlive the reader's visit.
 */
const held = new Map<string, HeldClaim>();
/** Cases that this window is handing on to a colleague. */
const handedOn = new Set<string>();
const pendingReleases = new Map<string, ReturnType<typeof setTimeout>>();
/** Long enough for a page that is remounted, short enough that a colleague does not notice. */
const graceMs = 400;

export function holdClaim(caseId: string, answer: { claimToken: string; claimedUntil: string }): HeldClaim {
  const claim = { claimToken: answer.claimToken, until: new Date(answer.claimedUntil).getTime() };
  held.set(caseId, claim);
  handedOn.delete(caseId);
  return claim;
}

/**
 * From now on the page does not claim the case again by itself when it turns free, until it is claimed on purpose. Said before the request that
 * frees it: the news may come before the answer.
 *
 * @returns takes it back, where the request failed
 */
export function handOn(caseId: string): () => void {
  handedOn.add(caseId);
  return () => handedOn.delete(caseId);
}

export const isHandedOn = (caseId: string): boolean => handedOn.has(caseId);

export function heldClaim(caseId: string): HeldClaim | null {
  return held.get(caseId) ?? null;
}

export function forgetClaim(caseId: string): void {
  held.delete(caseId);
}

/** The page is open again: cancels a scheduled release. */
export function cancelRelease(caseId: string): void {
  clearTimeout(pendingReleases.get(caseId));
  pendingReleases.delete(caseId);
}

/** The page was left: releases the case after a moment, unless the page is opened again. */
export function releaseSoon(caseId: string): void {
  cancelRelease(caseId);
  pendingReleases.set(
    caseId,
    setTimeout(() => releaseNow(caseId), graceMs),
  );
}

/**
 * Releases a case, also while the window is closing. Does nothing without a claim. A late release is harmless: the
 * token of an older claim is refused.
 */
export function releaseNow(caseId: string): void {
  cancelRelease(caseId);
  const claim = held.get(caseId);
  if (!claim) return;
  held.delete(caseId);
  void fetch("/api/trpc/worklist.release", {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ caseId, claimToken: claim.claimToken }),
  }).catch(() => {
    // The lease expires by itself.
  });
}
