import type { Decision, Line } from "./decisions.ts";
import type { Ground } from "./ground.ts";
import type { Hands } from "./hands.ts";
import type { CaseFacts, ReaderFacts } from "./snapshot.ts";
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
  if (drawn.length === 0) return [];
  const byId = new Map(ground.cases.map((facts) => [facts.id, facts]));
  const there = readerSets.map((ids) =>
    ids.map((id) => ground.placeOf.get(id) ?? -1).filter((place) => ground.signedIn[place]),
  );
  const lines = ground.readers.map((): Waiting[] => []);
  for (const { caseId, set } of drawn) {
    const facts = byId.get(caseId) as CaseFacts;
    const { match } = ground.standing(facts);
    const band = slackBand(facts, ground.now);
    const holders = hands.holdersOfPatient(facts);
    for (const place of there[set] ?? []) {
      const line = lines[place] as Waiting[];
      // Thousands wait, and three stand in a line: most are behind its last by their slack alone.
      if (line.length === lineLength && band > (line[lineLength - 1] as Waiting).band) continue;
      const { id } = ground.readers[place] as ReaderFacts;
      const near = holders.has(id);
      stand(line, { facts, band, draft: facts.draftReaderId === id, match: match[place] === 1, near });
    }
  }
  return ground.readers.flatMap(({ id: readerId }, place) => {
    const line = lines[place] as Waiting[];
    return line.length > 0 ? [{ readerId, caseIds: line.map(({ facts }) => facts.id) }] : [];
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
