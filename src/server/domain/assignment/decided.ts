import type { Gift } from "../reading/index.ts";
import type { Decision, Outcome } from "./engine/decisions.ts";
import type { CaseFacts, Snapshot } from "./engine/snapshot.ts";

export type Lapsed = { caseId: string; readerId: string };

/**
 * What has to be written so that the cases are as was decided: only what is not so already. Pure.
 *
 * @param drawn by which rule each case is drawn today.
 * @returns `lapsed`: offers that were not answered in time.
 */
export function changesOf(
  { cases, now }: Pick<Snapshot, "cases" | "now">,
  { decisions }: Pick<Outcome, "decisions">,
  drawn: ReadonlyMap<string, string | null>,
): { gifts: Gift[]; lapsed: Lapsed[] } {
  const byId = new Map(cases.map((facts) => [facts.id, facts]));
  const gifts: Gift[] = [];
  const lapsed: Lapsed[] = [];
  for (const decision of decisions) {
    const facts = byId.get(decision.caseId);
    if (!facts) continue;
    const { offer } = facts;
    if (offer && offer.until <= now) lapsed.push({ caseId: facts.id, readerId: offer.readerId });
    const gift = giftOf(facts, decision, drawn.get(facts.id) ?? null);
    if (gift) gifts.push(gift);
  }
  return { gifts, lapsed };
}

function giftOf(facts: CaseFacts, decision: Decision, drawnToday: string | null): Gift | null {
  const held = facts.offer ?? facts.assignment;
  const was = held
    ? { readerId: held.readerId, at: new Date("offeredAt" in held ? held.offeredAt : held.assignedAt) }
    : null;
  const drawnRuleId = decision.kind === "draw" ? decision.ruleId : null;
  const base = { caseId: facts.id, was, drawnRuleId };
  switch (decision.kind) {
    case "keep":
      // Whoever reads is not disturbed, and what is drawn to him is asked again when his claim is over.
      return null;
    case "offer":
    case "assign": {
      const { readerId, ruleId, wishes } = decision;
      const until = decision.kind === "offer" ? new Date(decision.until) : null;
      return { ...base, to: { readerId, until, ruleId, byId: null, wishes } };
    }
    case "wait":
      // Not ready, held or too much to do: it is not opened to picking meanwhile.
      return was ? { ...base, to: null, drawnRuleId: drawnToday } : null;
    default:
      return was || drawnRuleId !== drawnToday ? { ...base, to: null } : null;
  }
}
