import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { DomainError } from "@overread/shared/errors";
import type { SqlTx } from "#server/context.ts";
import { assign } from "./engine/assign.ts";
import type { Outcome } from "./engine/decisions.ts";
import { type Snapshot, snapshotSchema } from "./engine/snapshot.ts";
import { type Before, beforeOf, changesSince, type RunChanges, withChanges } from "./run-changes.ts";

const pack = promisify(gzip);
const unpack = promisify(gunzip);
/** Runs are kept so long. */
const keptDays = 30;
/** After so many, or so long, a run is kept whole again: who plays one again reads all that it builds upon. */
const mostLinks = 60;
const chainMs = 3_600_000;
/** So many groups' last runs are remembered. */
const groupsKept = 8;

/** The run that this process kept last of a group; whether it was committed is asked before it is followed. */
type Link = { runId: string; baseId: string; baseAt: number; links: number; before: Before };
const last = new Map<string, Link>();

export type DecidedRun = { orgId: string; snapshot: Snapshot; outcome: Outcome; changes: number; started: number };

/** Keeps what the engine was told and what it answered: what is other than in the run before it, or all of it. @returns the run's id. */
export async function keepRun(
  tx: Pick<SqlTx, "$queryRaw">,
  { orgId, snapshot, outcome, changes, started }: DecidedRun,
): Promise<string> {
  const link = await followed(tx, orgId, snapshot.now);
  const now = beforeOf({ snapshot, outcome });
  const short = link && changesSince(link.before, { snapshot, outcome }, now);
  // Where most has changed there is little to save.
  const follows = short && short.snapshot.cases.length * 2 < snapshot.cases.length ? link : null;
  const [packed, answered] = await Promise.all(
    (follows && short ? [short.snapshot, short.outcome] : [snapshot, outcome]).map(packText),
  );
  const [run] = await tx.$queryRaw<[{ id: string }]>`
    INSERT INTO assignment_run (org_id, at, rules_version, cases, readers, changes, took_ms, snapshot, outcome, follows_id, base_id)
    VALUES (${orgId}::uuid, ${new Date(snapshot.now)}::timestamptz, ${outcome.rulesVersion}, ${snapshot.cases.length}, ${snapshot.readers.length},
      ${changes}, ${Math.round(performance.now() - started)}, decode(${packed}, 'base64'), decode(${answered}, 'base64'),
      ${follows?.runId ?? null}::uuid, ${follows?.baseId ?? null}::uuid) RETURNING id::text`;
  last.delete(orgId);
  last.set(orgId, {
    runId: run.id,
    baseId: follows?.baseId ?? run.id,
    baseAt: follows?.baseAt ?? snapshot.now,
    links: (follows?.links ?? 0) + 1,
    before: now,
  });
  for (const oldest of last.keys()) if (last.size > groupsKept) last.delete(oldest);
  return run.id;
}

/** The run that a new one may build upon: this process's last, if it is there and its chain is neither long nor old. */
async function followed(tx: Pick<SqlTx, "$queryRaw">, orgId: string, at: number): Promise<Link | null> {
  const link = last.get(orgId);
  if (!link || link.links >= mostLinks || at < link.baseAt || at - link.baseAt > chainMs) return null;
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM assignment_run WHERE id = ${link.runId}::uuid AND org_id = ${orgId}::uuid`;
  return rows.length > 0 ? link : null;
}

const packText = async (value: unknown): Promise<string> =>
  (await pack(JSON.stringify(value), { level: 1 })).toString("base64");
const unpackJson = async (bytes: Uint8Array): Promise<unknown> => JSON.parse((await unpack(bytes)).toString());

/** @returns how many runs were older than is kept, and were deleted: what a younger one builds upon stays as long as that. For maintenance. */
export async function purgeRuns(tx: Pick<SqlTx, "$queryRaw">): Promise<number> {
  const rows = await tx.$queryRaw<unknown[]>`
    DELETE FROM assignment_run r WHERE r.at < now() - make_interval(days => ${keptDays}) AND NOT EXISTS (
      SELECT 1 FROM assignment_run y WHERE y.base_id = coalesce(r.base_id, r.id) AND y.at >= now() - make_interval(days => ${keptDays}))
    RETURNING r.id`;
  return rows.length;
}

export type Replay = {
  runId: string;
  at: string;
  cases: number;
  readers: number;
  same: boolean;
  kept: string;
  replayed: string;
};

/**
 * Plays a kept run again: the engine is told what it was told then, and its answer is held against the kept one, byte for byte. For maintenance.
 * @throws {DomainError} `assignment-run.not-found`
 */
export async function replayRun(tx: Pick<SqlTx, "$queryRaw">, runId: string): Promise<Replay> {
  const run = await wholeRun(tx, runId);
  const snapshot = snapshotSchema.parse(run.snapshot);
  const kept = JSON.stringify(run.outcome);
  const replayed = JSON.stringify(assign(snapshot));
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return {
    runId,
    at: run.at.toISOString(),
    cases: snapshot.cases.length,
    readers: snapshot.readers.length,
    same: kept === replayed,
    kept: hash(kept),
    replayed: hash(replayed),
  };
}

/** The run put together again from the whole one with which its chain begins and what each after it changed. */
async function wholeRun(tx: Pick<SqlTx, "$queryRaw">, runId: string) {
  type Row = { at: Date; whole: boolean; snapshot: Uint8Array; outcome: Uint8Array };
  const [first, ...later] = await tx.$queryRaw<Row[]>`
    WITH RECURSIVE chain AS (
      SELECT r.id, r.at, r.follows_id, r.snapshot, r.outcome, 0 AS back FROM assignment_run r WHERE r.id = ${runId}::uuid
      UNION ALL SELECT r.id, r.at, r.follows_id, r.snapshot, r.outcome, c.back + 1 FROM chain c JOIN assignment_run r ON r.id = c.follows_id)
    SELECT at, follows_id IS NULL AS whole, snapshot, outcome FROM chain ORDER BY back DESC`;
  if (!first?.whole) throw new DomainError("assignment-run.not-found");
  let run = {
    snapshot: (await unpackJson(first.snapshot)) as Snapshot,
    outcome: (await unpackJson(first.outcome)) as Outcome,
  };
  for (const { snapshot, outcome } of later)
    run = withChanges(run, {
      snapshot: (await unpackJson(snapshot)) as RunChanges["snapshot"],
      outcome: (await unpackJson(outcome)) as Outcome,
    });
  return { ...run, at: (later.at(-1) ?? first).at };
}
