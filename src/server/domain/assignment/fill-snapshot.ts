import type { SqlTx } from "#server/context.ts";
import type { Prisma } from "#server/db/generated/client.ts";
import { facilityFacts, readerFacts, readerGroups, workUnitTable } from "../readers/index.ts";
import { toldCases } from "./case-facts-kept.ts";
import type { Snapshot } from "./engine/snapshot.ts";
import { trainedNames } from "./procedure-terms.ts";
import { currentRuleSet } from "./rules/index.ts";
import { casesSql, notesSql, type Which, wantedCases } from "./snapshot-rows.ts";

/** A case with what the engine does not see: whose it was when this was read; and which cases follow another that they are read with. */
export type Filled = { snapshot: Snapshot; drawn: ReadonlyMap<string, string | null>; following: ReadonlySet<string> };

/**
 * All the facts that decide who reads what, of one reading group at this moment, in one transaction of the group's: a few statements, each over all its open cases.
 *
 * @param which of several cases only, with everything that reader `andOf` has in hand.
 */
export async function fillSnapshot(tx: SqlTx, readerOrgId: string, which: Which = null): Promise<Filled> {
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  const wanted = wantedCases(readerOrgId, which);
  // Sent together; where the transaction has one statement at a time, they wait for each other there.
  const [[cases], noted, facilities, contracts, rules, readers, groups, workUnits] = await Promise.all([
    rowsOf<{ lines: string | null }>(tx, casesSql(wanted)),
    rowsOf<{ caseId: string; notes: string }>(tx, notesSql(wanted)),
    facilityFacts(tx, readerOrgId),
    contractsOf(tx, readerOrgId),
    currentRuleSet(tx, readerOrgId),
    readerFacts(tx, readerOrgId, clock.now),
    readerGroups(tx, readerOrgId),
    workUnitTable(tx, readerOrgId),
  ]);
  const now = clock.now.getTime();
  const told = toldCases(
    readerOrgId,
    cases?.lines?.split("\n") ?? [],
    new Map(noted.map(({ caseId, notes }) => [caseId, notes])),
    { names: trainedNames(readers), whole: which === null },
  );
  const snapshot: Snapshot = {
    version: 1,
    now,
    // Kept with the snapshot: another draw at another moment, the same one when it is played again.
    seed: now % 1_000_003,
    cases: told.map(({ facts }) => facts),
    readers,
    groups,
    facilities,
    contracts,
    rules,
    workUnits,
  };
  return {
    snapshot,
    drawn: new Map(told.map(({ facts, drawnRuleId }) => [facts.id, drawnRuleId])),
    following: new Set(
      told.flatMap(({ facts, readWithId }) => (readWithId && readWithId !== facts.id ? [facts.id] : [])),
    ),
  };
}

async function contractsOf(tx: SqlTx, readerOrgId: string): Promise<Snapshot["contracts"]> {
  type Row = { id: string; hospitalId: string; facilityId: string | null; startsAt: Date; endsAt: Date | null };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT id, org_id AS "hospitalId", facility_id AS "facilityId", starts_at AS "startsAt", ends_at AS "endsAt"
    FROM contract WHERE reader_org_id = ${readerOrgId}::uuid`;
  return rows.map(({ startsAt, endsAt, ...row }) => ({
    ...row,
    validFrom: startsAt.getTime(),
    validUntil: endsAt?.getTime() ?? null,
  }));
}

const rowsOf = <T>(tx: SqlTx, { text, values }: Prisma.Sql): Promise<T[]> => tx.$queryRawUnsafe<T[]>(text, ...values);
