import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { begunStates, claimableStates, openStates, signedStates } from "./case-states.ts";

/**
 * What may be asked about where a case stands, each question once: of a row that was read, and beside it of `reading_case c` in SQL. A
 * test asks both about every state with every claim (tests/integration/case-conditions.test.ts).
 *
 * Whether a lease runs is asked of the database's clock at this moment, not of the transaction's start.
 */
export type CaseStatus = {
  state: CaseState;
  claimedById: string | null;
  /** The lease runs: `claimRuns` as the database said it. */
  claimLive: boolean;
  /** Images that were refused or are damaged, and of how many somebody has said: read without. */
  missing: number;
  readWithout: number;
};

const inStates = (states: readonly CaseState[]): Prisma.Sql => Prisma.sql`c.state::text = ANY(${states as string[]})`;

/** It waits for a signature, wherever it stands. */
export const isOpen = ({ state }: Pick<CaseStatus, "state">): boolean => openStates.includes(state);
export const open = inStates(openStates);

/** It waits for a signature, and its clock runs: a held one stands still. */
export const isWaiting = ({ state }: Pick<CaseStatus, "state">): boolean => isOpen({ state }) && state !== "held";

/** A radiologist may take it, or has. */
export const isClaimable = ({ state }: Pick<CaseStatus, "state">): boolean => claimableStates.includes(state);
export const claimable = inStates(claimableStates);

export const isSigned = ({ state }: Pick<CaseStatus, "state">): boolean => signedStates.includes(state);
export const signed = inStates(signedStates);

/** Nobody waits for it any more. */
export const isFinished = ({ state }: Pick<CaseStatus, "state">): boolean =>
  isSigned({ state }) || state === "cancelled";

/** Somebody has begun to read it, or has signed it: what joins its study now is late. Of a state, or of where a case was held. */
export const isReadingBegun = ({ state }: Pick<CaseStatus, "state">): boolean => begunStates.includes(state);
export const readingBegun = (column: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`${column}::text = ANY(${begunStates as readonly string[] as string[]})`;

/** Somebody holds it, and the lease runs. */
export const claimRuns = Prisma.sql`coalesce(c.claimed_until > clock_timestamp(), false)`;

/** Nobody holds it now: no claim, or one whose lease is over. */
export const isFree = ({ claimLive }: Pick<CaseStatus, "claimLive">): boolean => !claimLive;
export const free = Prisma.sql`(NOT ${claimRuns})`;

/** A claim stands there whose lease is over, and nobody has tidied it away yet. */
export const hasLapsed = ({ claimedById, claimLive }: Pick<CaseStatus, "claimedById" | "claimLive">): boolean =>
  claimedById !== null && !claimLive;
export const lapsed = Prisma.sql`(c.claimed_by_id IS NOT NULL AND ${free})`;

/** The person's own claim runs. @param userId null: the caller is no person. */
export const isHeldBy = (
  userId: string | null,
  { claimedById, claimLive }: Pick<CaseStatus, "claimedById" | "claimLive">,
): boolean => userId !== null && claimLive && claimedById === userId;
export const heldBy = (userId: string | null): Prisma.Sql =>
  userId === null ? Prisma.sql`false` : Prisma.sql`(${claimRuns} AND c.claimed_by_id = ${userId}::uuid)`;

/** Somebody else's claim runs. */
export const isHeldByAnother = (userId: string | null, row: Pick<CaseStatus, "claimedById" | "claimLive">): boolean =>
  row.claimLive && !isHeldBy(userId, row);

/** The person whose claim it may be; null where the caller is none. */
export const personOf = (actor: Actor): string | null => (actor.kind === "user" ? actor.userId : null);

/** Nothing was refused or is damaged, or somebody has said to read without it. */
export const isComplete = ({ missing, readWithout }: Pick<CaseStatus, "missing" | "readWithout">): boolean =>
  missing <= readWithout;
/** Images of a study `s` that nobody can be shown: refused on the way here, or damaged since. */
const missingInstances = Prisma.sql`(s.refused_instances + s.damaged_instances)`;
/** Looks into the index of the few studies that miss any (`study_missing_images`): the list's numbers ask it of every open case. */
export const complete = Prisma.sql`NOT EXISTS (SELECT 1 FROM study s WHERE s.id = c.study_ref AND s.refused_instances + s.damaged_instances > 0
  AND ${missingInstances} > c.read_without)`;

/** The person could begin or go on with it now. */
export const isNextFor = (userId: string | null, row: CaseStatus): boolean =>
  isClaimable(row) && isComplete(row) && (isFree(row) || isHeldBy(userId, row));
export const nextFor = (userId: string | null): Prisma.Sql =>
  Prisma.sql`(${claimable} AND ${complete} AND (${free} OR ${heldBy(userId)}))`;
