import type { Instant, PrivilegeLevel } from "./codes.ts";
import { privilegeLevels } from "./codes.ts";
import type { Finding } from "./findings.ts";
import type { CaseFacts, ReaderFacts, Snapshot } from "./snapshot.ts";

/**
 * Whether a reader may read a case: every fact that lets or bars him, as codes. In three parts, each the same for many cases: where it comes from and what
 * it takes, what it shows, and where the reader is. So thousands of cases are a few hundred questions for each reader.
 */
export type StandingGround = Pick<Snapshot, "now" | "contracts"> & { jurisdictionOf: (facilityId: string) => string };

/** By contract, licence, privilege, kind of reading and language; alike for all cases with one `dutyKey`. */
export const dutyFindings = (facts: CaseFacts, reader: ReaderFacts, ground: StandingGround): Finding[] => [
  contractFinding(facts, ground),
  licenceFinding(facts, reader, ground),
  privilegeFinding(facts, reader, ground.now),
  reader.readTypes.includes(facts.readType)
    ? { code: "read-type.held", readType: facts.readType }
    : { code: "read-type.missing", readType: facts.readType },
  ...languageFinding(facts, reader),
];
export const dutyKey = ({ hospitalId, facilityId, readType, language }: CaseFacts): string =>
  `${hospitalId}|${facilityId}|${readType}|${language ?? ""}`;

/** Whether he is trained for what it shows; alike for all cases with one `trainingKey`. */
export function trainingFinding(facts: CaseFacts, reader: ReaderFacts): Finding {
  return { code: `subspecialty.${subspecialtyOf(facts, reader)}` };
}
export const trainingKey = ({ modalities, bodyRegions, ageBand, procedures }: CaseFacts): string =>
  `${ageBand}|${modalities.join(",")}|${bodyRegions.join(",")}|${procedures.join(",")}`;

/** What stands between this one case and this one reader, whatever else they are: mostly nothing. */
export function ownFindings(facts: CaseFacts, now: Instant): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  const add = (readerId: string, finding: Finding) => {
    const of = found.get(readerId);
    if (of) of.push(finding);
    else found.set(readerId, [finding]);
  };
  for (const readerId of facts.conflictReaderIds) add(readerId, { code: "conflict.declared" });
  if (facts.doubleReading || facts.readType === "over-read")
    for (const { readerId, readType } of facts.readBy) add(readerId, { code: "conflict.same-reader", readType });
  for (const { readerId, until } of facts.skips) if (until > now) add(readerId, { code: "skip.runs", until });
  for (const { readerId, at } of facts.declined) add(readerId, { code: "offer.declined", at });
  // An offer nobody answered in time, and nobody has tidied it away yet.
  if (facts.offer && facts.offer.until <= now)
    add(facts.offer.readerId, { code: "offer.declined", at: facts.offer.until });
  const text = (finding: Finding) => JSON.stringify(finding);
  for (const of of found.values()) if (of.length > 1) of.sort((a, b) => (text(a) < text(b) ? -1 : 1));
  return found;
}

function contractFinding({ hospitalId, facilityId }: CaseFacts, { contracts, now }: StandingGround): Finding {
  const inForce = contracts.some(
    (each) => each.hospitalId === hospitalId && (each.facilityId ?? facilityId) === facilityId && runs(each, now),
  );
  return inForce ? { code: "contract.in-force" } : { code: "contract.none", facilityId };
}

function licenceFinding({ facilityId }: CaseFacts, reader: ReaderFacts, ground: StandingGround): Finding {
  const jurisdiction = ground.jurisdictionOf(facilityId);
  const held = reader.licences.filter((each) => each.jurisdiction === jurisdiction);
  const valid = held.filter((each) => runs(each, ground.now));
  if (valid.length > 0) {
    const ends = valid.map((each) => each.validUntil);
    return { code: "licence.valid", jurisdiction, until: ends.includes(null) ? null : Math.max(...(ends as number[])) };
  }
  const begins = held.map((each) => each.validFrom ?? 0).filter((from) => from > ground.now);
  if (begins.length > 0) return { code: "licence.not-yet", jurisdiction, from: Math.min(...begins) };
  const ended = held.map((each) => each.validUntil ?? 0);
  if (ended.length > 0) return { code: "licence.expired", jurisdiction, at: Math.max(...ended) };
  return { code: "licence.missing", jurisdiction };
}

const runs = ({ validFrom, validUntil }: { validFrom: Instant | null; validUntil: Instant | null }, now: Instant) =>
  (validFrom ?? now) <= now && (validUntil === null || validUntil > now);

/** What it takes at the facility: a preliminary reading is a draft, everything else a report. */
const needed = ({ readType }: CaseFacts): PrivilegeLevel => (readType === "preliminary" ? "draft" : "report");
const rank = (level: PrivilegeLevel): number => privilegeLevels.indexOf(level);

/** The level a privilege has now: from its expiry on the one below. */
function levelNow({ level, expiresAt }: Pick<ReaderFacts["privileges"][number], "level" | "expiresAt">, now: Instant) {
  return expiresAt === null || expiresAt > now ? level : (privilegeLevels[Math.max(0, rank(level) - 1)] ?? "none");
}

function privilegeFinding(facts: CaseFacts, reader: ReaderFacts, now: Instant): Finding {
  const { facilityId } = facts;
  const here = reader.privileges.filter((each) => each.facilityId === facilityId);
  const best = here.toSorted(
    (a, b) => rank(levelNow(b, now)) - rank(levelNow(a, now)) || (b.expiresAt ?? Infinity) - (a.expiresAt ?? Infinity),
  )[0];
  const level = best ? levelNow(best, now) : "none";
  if (rank(level) >= rank(needed(facts))) return { code: "privilege.enough", facilityId, level };
  const lapsed = here
    .filter((each) => each.expiresAt !== null && each.expiresAt <= now && rank(each.level) >= rank(needed(facts)))
    .map((each) => each.expiresAt ?? 0);
  return lapsed.length > 0
    ? { code: "privilege.expired", facilityId, level, needed: needed(facts), at: Math.max(...lapsed) }
    : { code: "privilege.too-low", facilityId, level, needed: needed(facts) };
}

function languageFinding({ language }: CaseFacts, reader: ReaderFacts): Finding[] {
  if (language === null) return [];
  return [{ code: reader.languages.includes(language) ? "language.held" : "language.missing", language }];
}

function subspecialtyOf(facts: CaseFacts, reader: ReaderFacts): "match" | "generalist" | "other" {
  if (reader.subspecialties.length === 0) return "generalist";
  const fits = (wanted: readonly string[], made: readonly string[]) =>
    wanted.length === 0 || made.some((each) => wanted.includes(each));
  const match = reader.subspecialties.some(
    (each) =>
      fits(each.modalities, facts.modalities) &&
      fits(each.bodyRegions, facts.bodyRegions) &&
      fits(each.ageBands, [facts.ageBand]) &&
      fits(each.procedures, facts.procedures),
  );
  return match ? "match" : "other";
}

/** Whether he is on shift, on a break, signed in: alike for all cases. */
export function rosterFindings(reader: ReaderFacts, now: Instant): Finding[] {
  const found: Finding[] = [];
  if (reader.shifts === null) found.push({ code: "shift.off-roster" });
  else {
    const ends = reader.shifts.filter(({ from, until }) => from <= now && until > now).map(({ until }) => until);
    const begins = reader.shifts.map(({ from }) => from).filter((from) => from > now);
    if (ends.length > 0) found.push({ code: "shift.on", until: Math.max(...ends) });
    else found.push({ code: "shift.off", next: begins.length > 0 ? Math.min(...begins) : null });
  }
  const breaks = reader.breaks.filter(({ from, until }) => from <= now && until > now).map(({ until }) => until);
  if (breaks.length > 0) found.push({ code: "break.on", until: Math.max(...breaks) });
  if (!reader.signedIn) found.push({ code: "session.none" });
  return found;
}
