import type { Decision } from "./decisions.ts";
import { type FindingCode, forceOf } from "./findings.ts";
import { type Ground, type ReadyRule, ruleLets } from "./ground.ts";
import type { CaseFacts } from "./snapshot.ts";

type Kept = Extract<Decision, { kind: "keep" }>;
type Held = { readerId: string; ruleId: string | null };

/**
 * What of a case stays as it is. A running claim always: whoever reads is not interrupted. An offer or assignment as long as its reader may
 * read the case and the rule that made it would still name him; neither another reader's load nor the end of that rule's hours breaks it,
 * an exclusive rule that stands as high and names others does. What a person assigned no rule undoes.
 *
 * @returns null: nothing that is held stays.
 */
export function kept(facts: CaseFacts, ground: Ground): Kept | null {
  const { claim, assignment, offer } = facts;
  const keep = (what: Kept["what"], { readerId, ruleId }: Held): Kept => ({
    kind: "keep",
    caseId: facts.id,
    what,
    readerId,
    ruleId,
  });
  if (claim && claim.until > ground.now) return keep("claim", claim);
  if (assignment && stands(facts, assignment, leftToHim(assignment), ground)) return keep("assignment", assignment);
  if (offer && offerRuns(facts, ground.now) && stands(facts, offer, leftToHim(offer), ground))
    return keep("offer", offer);
  return null;
}

/** What bars him now and yet leaves him what is his: he comes back from a break, and a person may assign or hand over before a shift begins. */
const leftToHim = ({ ruleId, offeredAt }: Held & { offeredAt?: number }): FindingCode[] =>
  ruleId === null ? ["break.on", "shift.off"] : offeredAt === undefined ? ["break.on"] : [];

/** Its time is not over, and he has not said no to it. */
function offerRuns({ offer, declined }: CaseFacts, now: number): boolean {
  if (!offer || offer.until <= now) return false;
  return !declined.some(({ readerId, at }) => readerId === offer.readerId && at >= offer.offeredAt);
}

function stands(facts: CaseFacts, { readerId, ruleId }: Held, left: readonly FindingCode[], ground: Ground): boolean {
  const place = ground.placeOf.get(readerId);
  if (place === undefined) return false;
  // The flags say of thousands of cases what the findings would.
  if (ground.standing(facts).never[place] || ground.awayBy[place]?.some((code) => !left.includes(code))) return false;
  const own = ground.own(facts).get(readerId);
  const barred = own?.some(
    (each) => forceOf(each) === "never" || (forceOf(each) === "now" && !left.includes(each.code)),
  );
  return !barred && (ruleId === null || ruleStands(facts, place, ruleId, ground));
}

function ruleStands(facts: CaseFacts, place: number, ruleId: string, ground: Ground): boolean {
  const order = ground.rules.findIndex(({ rule }) => rule.id === ruleId);
  const own = ground.rules[order];
  if (!own?.fits(facts)) return false;
  const standing = ground.standing(facts);
  const lets = (ready: ReadyRule) => ruleLets(ready, place, standing);
  const overruled = ground.rules
    .slice(0, order)
    .some((above) => above.rule.exclusive && above.open && above.fits(facts) && !lets(above));
  return lets(own) && !overruled;
}
