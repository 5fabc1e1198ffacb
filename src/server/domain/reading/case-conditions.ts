import type { Actor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { begunStates, claimableStates, openStates, signedStates } from "./case-states.ts";

/**
 * The conditions on a case's status, each defined once: on a row that was read, and as SQL on `reading_case c`. A test
 * compares both for every state with every claim (tests/integration/case-states.test.ts).
 *
 * Whether a lease is running is decided by the database's clock at this moment, not at the start of the transaction.
 */
export type CaseStatus = {
  state: CaseState;
  claimedById: string | null;
  /** The lease is running: `claimRuns` as answered by the database. */
  claimLive: boolean;
  /** Kept for a reader; whether that still counts: `reservationRuns` as answered by the database. */
  reservedById: string | null;
  reservationLive: boolean;
  /** Whose it is before it is claimed: offered, while `givenLive`, or assigned. */
  givenToId: string | null;
  givenLive: boolean;
  /** Nobody chooses it: the rule by which it is drawn. */
  drawnRuleId: string | null;
  /** The number of refused or damaged images, and the number that somebody has agreed to read without. */
  missing: number;
  readWithout: number;
};

const inStates = (states: readonly CaseState[]): Prisma.Sql => Prisma.sql`c.state::text = ANY(${states as string[]})`;

/** The case waits for a signature, in whatever state. */
export const isOpen = ({ state }: Pick<CaseStatus, "state">): boolean => openStates.includes(state);
export const open = inStates(openStates);

/** The case waits for a signature and its due time counts; that of a held case does not. */
export const isWaiting = ({ state }: Pick<CaseStatus, "state">): boolean => isOpen({ state }) && state !== "held";

/** A radiologist may claim it, or has. */
export const isClaimable = ({ state }: Pick<CaseStatus, "state">): boolean => claimableStates.includes(state);
export const claimable = inStates(claimableStates);

export const isSigned = ({ state }: Pick<CaseStatus, "state">): boolean => signedStates.includes(state);
export const signed = inStates(signedStates);

/** Nobody waits for it any more. */
export const isFinished = ({ state }: Pick<CaseStatus, "state">): boolean =>
  isSigned({ state }) || state === "cancelled";

/**
 * Reading has begun, or the case is signed: images that arrive now are late. Applies to a state, or to the state a case
 * was held in.
 */
export const isReadingBegun = ({ state }: Pick<CaseStatus, "state">): boolean => begunStates.includes(state);
export const readingBegun = (column: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`${column}::text = ANY(${begunStates as readonly string[] as string[]})`;

/** Somebody holds it, and the lease is running. */
export const claimRuns = Prisma.sql`coalesce(c.claimed_until > clock_timestamp(), false)`;

/** Nobody holds it: no claim, or an expired one. */
export const isFree = ({ claimLive }: Pick<CaseStatus, "claimLive">): boolean => !claimLive;
export const free = Prisma.sql`(NOT ${claimRuns})`;

/** The claim has expired and has not been cleared yet. */
export const hasLapsed = ({ claimedById, claimLive }: Pick<CaseStatus, "claimedById" | "claimLive">): boolean =>
  claimedById !== null && !claimLive;
export const lapsed = Prisma.sql`(c.claimed_by_id IS NOT NULL AND ${free})`;

/** The person's own claim is running. @param userId null: the caller is no person. */
export const isHeldBy = (
  userId: string | null,
  { claimedById, claimLive }: Pick<CaseStatus, "claimedById" | "claimLive">,
): boolean => userId !== null && claimLive && claimedById === userId;
export const heldBy = (userId: string | null): Prisma.Sql =>
  userId === null ? Prisma.sql`false` : Prisma.sql`(${claimRuns} AND c.claimed_by_id = ${userId}::uuid)`;

/** Somebody else's claim is running. */
export const isHeldByAnother = (userId: string | null, row: Pick<CaseStatus, "claimedById" | "claimLive">): boolean =>
  row.claimLive && !isHeldBy(userId, row);

/**
 * It is kept for a reader, and that still counts. A case that has become STAT is kept for nobody: whoever is free reads
 * it.
 */
export const reservationRuns = Prisma.sql`(c.priority <> 'stat' AND coalesce(c.reserved_until > clock_timestamp(), false))`;

/** Kept for this person. */
export const isReservedFor = (
  userId: string | null,
  { reservedById, reservationLive }: Pick<CaseStatus, "reservedById" | "reservationLive">,
): boolean => userId !== null && reservationLive && reservedById === userId;
export const reservedFor = (userId: string | null): Prisma.Sql =>
  userId === null
    ? Prisma.sql`(c.id IS NULL)` // a bare constant may not stand in ORDER BY
    : Prisma.sql`(${reservationRuns} AND c.reserved_by_id = ${userId}::uuid)`;

/** Kept for somebody else: nobody but that reader may claim it. */
export const isReservedForAnother = (
  userId: string | null,
  row: Pick<CaseStatus, "reservedById" | "reservationLive">,
): boolean => row.reservationLive && !isReservedFor(userId, row);
export const reservedForAnother = (userId: string | null): Prisma.Sql =>
  userId === null ? reservationRuns : Prisma.sql`(${reservationRuns} AND c.reserved_by_id <> ${userId}::uuid)`;
/** Offered to somebody whose time to answer runs, or assigned. */
export const givenRuns = Prisma.sql`(c.given_to_id IS NOT NULL AND coalesce(c.given_until > clock_timestamp(), true))`;

/** Offered or assigned to this person. */
export const isGivenTo = (
  userId: string | null,
  { givenToId, givenLive }: Pick<CaseStatus, "givenToId" | "givenLive">,
): boolean => userId !== null && givenLive && givenToId === userId;
export const givenTo = (userId: string | null): Prisma.Sql =>
  userId === null
    ? Prisma.sql`(c.id IS NULL)` // a bare constant may not stand in ORDER BY
    : Prisma.sql`(${givenRuns} AND c.given_to_id = ${userId}::uuid)`;

/** Nobody chooses it, and it is not given to this person either: it comes by drawing. */
const isOnlyDrawn = (
  userId: string | null,
  row: Pick<CaseStatus, "givenToId" | "givenLive" | "drawnRuleId">,
): boolean => row.drawnRuleId !== null && !isGivenTo(userId, row);

/** It is his to take as far as others go: neither given to somebody else nor only to be drawn. */
export const isOpenTo = (
  userId: string | null,
  row: Pick<CaseStatus, "givenToId" | "givenLive" | "drawnRuleId">,
): boolean => (!row.givenLive || isGivenTo(userId, row)) && !isOnlyDrawn(userId, row);
export const openTo = (userId: string | null): Prisma.Sql =>
  Prisma.sql`(${givenTo(userId)} OR (NOT ${givenRuns} AND c.drawn_rule_id IS NULL))`;

/** The status shown on lists: a case with a running claim is `claimed`, or `drafted` when text is saved, whatever its state was before. */
export const statusOf = ({ state, claimLive }: Pick<CaseStatus, "state" | "claimLive">): CaseState =>
  claimLive && state !== "drafted" ? "claimed" : state;

/** Its images are still being received. */
export const isArriving = ({ state }: Pick<CaseStatus, "state">): boolean => state === "arriving";

/** The caller's user id; null where the caller is no person. */
export const personOf = (actor: Actor): string | null => (actor.kind === "user" ? actor.userId : null);

/** No image was refused or is damaged, or somebody has agreed to read without them. */
export const isComplete = ({ missing, readWithout }: Pick<CaseStatus, "missing" | "readWithout">): boolean =>
  missing <= readWithout;
/** Images of a study `s` that cannot be shown: refused on the way here, or damaged since. */
const missingInstances = Prisma.sql`(s.refused_instances + s.damaged_instances)`;
/**
 * Uses the partial index of the few studies with missing images (`study_missing_images`): the worklist's counts
 * evaluate it for every open case.
 */
export const complete = Prisma.sql`NOT EXISTS (SELECT 1 FROM study s WHERE s.id = c.study_ref AND s.refused_instances + s.damaged_instances > 0
  AND ${missingInstances} > c.read_without)`;

/** The person could start or continue it now. */
export const isNextFor = (userId: string | null, row: CaseStatus): boolean =>
  isClaimable(row) &&
  isComplete(row) &&
  ((isFree(row) && isOpenTo(userId, row) && !isReservedForAnother(userId, row)) || isHeldBy(userId, row));
export const nextFor = (userId: string | null): Prisma.Sql =>
  Prisma.sql`(${claimable} AND ${complete} AND ((${free} AND ${openTo(userId)} AND NOT ${reservedForAnother(userId)}) OR ${heldBy(userId)}))`;
