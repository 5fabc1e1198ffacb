import type { SqlTx } from "#server/context.ts";
import { facilityFacts, readerFacts, readerGroups, workUnitTable } from "../../readers/index.ts";
import { minuteMs } from "../engine/codes.ts";
import type { RecordedEvent } from "../engine/recorded.ts";
import type { ReaderFacts, Snapshot } from "../engine/snapshot.ts";
import { namedProcedures, trainedNames } from "../procedure-terms.ts";
import { presenceBySignatures, recordedEvents } from "./recorded-events.ts";

const dayMs = 24 * 60 * minuteMs;
/** What one question for readers tells of their shifts: a day back, a week ahead. */
const spanMs = 7 * dayMs;

/** A stretch of the past, ready to be measured and played: people, places and contracts as they are today, shifts and cases as they were. */
export type Past = {
  /** Without cases and rules. */
  snapshot: Omit<Snapshot, "rules">;
  events: RecordedEvent[];
  until: number;
  /** On no roster, and taken to be there around what they signed. */
  offRoster: number;
};

export async function readPast(tx: SqlTx, readerOrgId: string, from: Date, until: Date): Promise<Past> {
  const readers = await readersOver(tx, readerOrgId, from, until);
  const events = await recordedEvents(tx, readerOrgId, from, until, namedProcedures(trainedNames(readers)));
  const rest = await peopleAndPlaces(tx, readerOrgId, from);
  return {
    snapshot: {
      ...rest,
      cases: [],
      readers: readers.map((reader) => ({
        ...reader,
        shifts: reader.shifts ?? presenceBySignatures(events, reader.id),
        done: { since: from.getTime(), cases: 0, workUnits: 0 },
      })),
    },
    events,
    until: until.getTime(),
    offRoster: readers.filter(({ shifts }) => shifts === null).length,
  };
}

/** Everything of a snapshot but its cases and rules, at a moment. */
async function peopleAndPlaces(tx: SqlTx, readerOrgId: string, now: Date): Promise<Omit<Snapshot, "cases" | "rules">> {
  const contracts = await tx.$queryRaw<
    { id: string; hospitalId: string; facilityId: string | null; startsAt: Date; endsAt: Date | null }[]
  >`SELECT id, org_id AS "hospitalId", facility_id AS "facilityId", starts_at AS "startsAt", ends_at AS "endsAt"
    FROM contract WHERE reader_org_id = ${readerOrgId}::uuid`;
  return {
    version: 1,
    now: now.getTime(),
    seed: 7,
    readers: await readerFacts(tx, readerOrgId, now),
    groups: await readerGroups(tx, readerOrgId),
    facilities: await facilityFacts(tx, readerOrgId),
    // A case that came was read under some contract: that it began or ended meanwhile is no news here.
    contracts: contracts.map(({ startsAt: _, endsAt: __, ...each }) => ({
      ...each,
      validFrom: null,
      validUntil: null,
    })),
    workUnits: await workUnitTable(tx, readerOrgId),
  };
}

/** Readers as they are today, with all their shifts and breaks of a longer time. */
async function readersOver(tx: SqlTx, readerOrgId: string, from: Date, until: Date): Promise<ReaderFacts[]> {
  const today = await readerFacts(tx, readerOrgId, until);
  const pieces: ReaderFacts[] = [...today];
  for (let at = from.getTime() + dayMs; at - dayMs < until.getTime(); at += spanMs)
    pieces.push(...(await readerFacts(tx, readerOrgId, new Date(at))));
  const all = (id: string, of: (reader: ReaderFacts) => ReaderFacts["breaks"]) => {
    const found = new Map<string, ReaderFacts["breaks"][number]>();
    for (const piece of pieces)
      if (piece.id === id) for (const each of of(piece)) found.set(`${each.from}|${each.until}`, each);
    return [...found.values()].sort((a, b) => a.from - b.from);
  };
  return today.map((reader) => ({
    ...reader,
    shifts: reader.shifts && withoutParts(all(reader.id, ({ shifts }) => shifts ?? [])),
    breaks: all(reader.id, ({ breaks }) => breaks),
  }));
}

/** A shift that was cut where a question's span began or ended is there whole in the next one. */
const withoutParts = (shifts: ReaderFacts["breaks"]): ReaderFacts["breaks"] =>
  shifts.filter(
    (each) => !shifts.some((other) => other !== each && other.from <= each.from && other.until >= each.until),
  );
