import type { Decision, Line } from "./decisions.ts";
import type { Ground } from "./ground.ts";
import type { Hands } from "./hands.ts";
import type { CaseFacts } from "./snapshot.ts";
import { byUrgency, slackBand } from "./urgency.ts";

const lineLength = 3;
type Waiting = { facts: CaseFacts; band: number; draft: boolean; match: boolean; near: boolean };

/**
 * What each reader who is there would draw: what is urgent first; among cases of about the same slack his own draft, what he is trained for
 * and a patient he has in hand. One case may stand in several lines: whoever asks first gets it, and nobody waits for one who does not ask.
 */
export function linesOf(
  drawn: readonly Extract<Decision, { kind: "draw" }>[],
  readerSets: readonly string[][],
  ground: Ground,
  hands: Hands,
): Line[] {
  const byId = new Map(ground.cases.map((facts) => [facts.id, facts]));
  const lines = new Map<string, Waiting[]>();
  for (const { caseId, set } of drawn) {
    const facts = byId.get(caseId) as CaseFacts;
    const { match } = ground.standing(facts);
    const band = slackBand(facts, ground.now);
    for (const readerId of readerSets[set] ?? []) {
      const place = ground.placeOf.get(readerId) ?? -1;
      if (!ground.signedIn[place]) continue;
      const near = hands.holdsPatient(facts, readerId);
      const line = lines.get(readerId) ?? [];
      lines.set(readerId, line);
      stand(line, { facts, band, draft: facts.draftReaderId === readerId, match: match[place] === 1, near });
    }
  }
  return ground.readers.flatMap(({ id: readerId }) => {
    const line = lines.get(readerId);
    return line ? [{ readerId, caseIds: line.map(({ facts }) => facts.id) }] : [];
  });
}

function stand(line: Waiting[], each: Waiting): void {
  let place = line.length;
  while (place > 0 && before(each, line[place - 1] as Waiting)) place--;
  if (place >= lineLength) return;
  line.splice(place, 0, each);
  if (line.length > lineLength) line.pop();
}

const before = (a: Waiting, b: Waiting): boolean =>
  (a.band - b.band ||
    Number(b.draft) - Number(a.draft) ||
    Number(b.match) - Number(a.match) ||
    Number(b.near) - Number(a.near) ||
    byUrgency(a.facts, b.facts)) < 0;
