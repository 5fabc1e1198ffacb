import type { CaseFacts, ReaderFacts, Snapshot } from "#server/domain/assignment/engine/snapshot.ts";

/** Who must not read what, said once more and as plainly as can be, by somebody who does not know how the engine does it. */

const levels = ["none", "view", "draft", "report"];
const between = (from: number | null, until: number | null, now: number): boolean =>
  (from === null || from <= now) && (until === null || now < until);

/** Licence, privilege, contract, kind of reading, language, conflict: what no urgency and no wish changes. */
export function isForbidden({ now, contracts, facilities }: Snapshot, facts: CaseFacts, reader: ReaderFacts): boolean {
  const { jurisdiction } = facilities.find(({ id }) => id === facts.facilityId) ?? { jurisdiction: "" };
  const contracted = contracts.some(
    (each) =>
      each.hospitalId === facts.hospitalId &&
      (each.facilityId === null || each.facilityId === facts.facilityId) &&
      between(each.validFrom, each.validUntil, now),
  );
  const licensed = reader.licences.some(
    (each) => each.jurisdiction === jurisdiction && between(each.validFrom, each.validUntil, now),
  );
  const level = Math.max(
    0,
    ...reader.privileges
      .filter(({ facilityId }) => facilityId === facts.facilityId)
      .map((each) => levels.indexOf(each.level) - (each.expiresAt !== null && each.expiresAt <= now ? 1 : 0)),
  );
  const another = facts.doubleReading || facts.readType === "over-read";
  return (
    !contracted ||
    !licensed ||
    level < (facts.readType === "preliminary" ? 2 : 3) ||
    !reader.readTypes.includes(facts.readType) ||
    (facts.language !== null && !reader.languages.includes(facts.language)) ||
    facts.conflictReaderIds.includes(reader.id) ||
    (another && facts.readBy.some(({ readerId }) => readerId === reader.id))
  );
}

/** Off shift, on a break, or he left the case for later. */
export function isAway({ now }: Snapshot, facts: CaseFacts, reader: ReaderFacts): boolean {
  const onShift = reader.shifts === null || reader.shifts.some(({ from, until }) => between(from, until, now));
  const onBreak = reader.breaks.some(({ from, until }) => between(from, until, now));
  return !onShift || onBreak || facts.skips.some(({ readerId, until }) => readerId === reader.id && until > now);
}

/** Trained for what the case shows, by one of his lines: each of its lists names something of the case, or is open. Without a line nobody is trained. */
export function isTrained(facts: CaseFacts, reader: ReaderFacts): boolean {
  const meets = (list: readonly string[], own: readonly string[]) =>
    list.length === 0 || list.some((each) => own.includes(each));
  return reader.subspecialties.some(
    (line) =>
      meets(line.modalities, facts.modalities) &&
      meets(line.bodyRegions, facts.bodyRegions) &&
      meets(line.ageBands, [facts.ageBand]) &&
      meets(line.procedures, facts.procedures),
  );
}
