/** A lease on a case: what proves it and until when by the server's clock (ms since 1970). */
export type HeldClaim = { claimToken: string; until: number };

/**
 * The claims this window holds, carried from the worklist to the reading page. In memory only: a token in browser
 * storage would outlive the reader who left it there.
 */
const held = new Map<string, HeldClaim>();
const leaving = new Map<string, ReturnType<typeof setTimeout>>();
/** Long enough for a page that is only being mounted again, short enough that a colleague does not notice. */
const graceMs = 400;

export function holdClaim(caseId: string, answer: { claimToken: string; claimedUntil: string }): HeldClaim {
  const claim = { claimToken: answer.claimToken, until: new Date(answer.claimedUntil).getTime() };
  held.set(caseId, claim);
  return claim;
}

export function heldClaim(caseId: string): HeldClaim | null {
  return held.get(caseId) ?? null;
}

export function forgetClaim(caseId: string): void {
  held.delete(caseId);
}

/** Back on the page: a release that was about to happen does not. */
export function stayWith(caseId: string): void {
  clearTimeout(leaving.get(caseId));
  leaving.delete(caseId);
}

/** Left the page: gives the case back in a moment, unless somebody stays with it after all. */
export function leaveCase(caseId: string): void {
  stayWith(caseId);
  leaving.set(
    caseId,
    setTimeout(() => releaseNow(caseId), graceMs),
  );
}

/**
 * Gives a case back even while the window is closing. Nothing to do when no claim is held. A late release does no
 * harm: the token of an older claim is refused.
 */
export function releaseNow(caseId: string): void {
  stayWith(caseId);
  const claim = held.get(caseId);
  if (!claim) return;
  held.delete(caseId);
  void fetch("/api/trpc/worklist.release", {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ caseId, claimToken: claim.claimToken }),
  }).catch(() => {
    // The lease runs out by itself.
  });
}
