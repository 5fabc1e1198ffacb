import { closedSeconds, longestReservedMinutes, mostReserved, reservedMinutes } from "@overread/shared/reservation";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { type AuditAction, audit } from "../audit/index.ts";
import { nextFor, reservationRuns, reservedFor } from "./case-conditions.ts";
import { findCase } from "./get-case.ts";
import type { ReserveCases, Unreserve } from "./inputs.ts";
import { type AuditDetails, announceCases } from "./move-case.ts";
import { clearReservation } from "./named-moves.ts";
import { casePolicy } from "./policy.ts";
import { prepareAhead } from "./prepare-ahead.ts";
import type { Reservation } from "./shapes.ts";
import { skippedBy } from "./skip-case.ts";

type Kept = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  reservedById: string | null;
  reservedUntil: Date | null;
};
/** Of an UPDATE of `reading_case c`; before it, since the one that ends a reservation clears it. */
const returning = Prisma.sql`RETURNING c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef",
  (SELECT s.patient_ref FROM study s WHERE s.id = c.study_ref) AS "patientRef", coalesce(new.reserved_by_id, old.reserved_by_id) AS "reservedById",
  new.reserved_until AS "reservedUntil"`;
const until = Prisma.sql`least(clock_timestamp() + make_interval(mins => ${reservedMinutes}::int),
  coalesce(c.reserved_at, clock_timestamp()) + make_interval(mins => ${longestReservedMinutes}::int))`;

/**
 * Keeps the next few cases for the caller, up to {@link mostReserved} at a time, in the order in which they would be
 * read: nobody else may claim them meanwhile. STAT cases are kept for nobody. They are free again when the caller's
 * last window closes or gives no sign of life, when the session ends, and after {@link longestReservedMinutes}.
 *
 * @param among of these alone, each with the rule by which he may have it (null: none), whose caps count it: whether the caller may read a case
 * is for the module of assignment to say.
 * @returns everything that is kept for the caller now.
 * @throws {DomainError} `auth.forbidden`
 */
export async function reserveCases(
  ctx: Ctx<UserActor>,
  { count }: ReserveCases,
  among: ReadonlyMap<string, string | null> | null = null,
): Promise<Reservation[]> {
  const { actor, tx } = ctx;
  casePolicy.authorize(actor, "case.reserve", null);
  // One at a time for each person: two windows together keep no more than one does.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`reserve ${actor.userId}`}, 0))::text`;
  const before = await reservedCases(ctx);
  const wanted = Math.min(count, mostReserved - before.length);
  if (wanted < 1) return before;
  const rules = JSON.stringify(Object.fromEntries(among ?? []));
  // A case that a colleague is claiming at this moment is passed over; each is looked at again once it is locked.
  const kept = await tx.$queryRaw<Kept[]>`
    UPDATE reading_case c SET reserved_by_id = ${actor.userId}::uuid, reserved_in = ${actor.sessionId}::uuid, reserved_at = clock_timestamp(),
      reserved_until = clock_timestamp() + make_interval(mins => ${reservedMinutes}::int), claim_rule_id = ${rules}::jsonb ->> c.id::text
    WHERE c.id = ANY(ARRAY(SELECT c.id FROM reading_case c
      WHERE ${isReservable(actor)} AND ${among ? Prisma.sql`c.id = ANY(${[...among.keys()]}::uuid[])` : Prisma.sql`true`}
      ORDER BY ${inLine} LIMIT ${wanted} FOR UPDATE OF c SKIP LOCKED)) ${returning}`;
  await onTrail(ctx, kept, "case.reserve", (row) => ({ until: row.reservedUntil?.toISOString() ?? "" }));
  await enqueueAll(
    tx,
    "claim.expire",
    kept.flatMap(({ orgId, caseId, reservedUntil }) =>
      reservedUntil ? [{ payload: { orgId, caseId }, runAt: reservedUntil }] : [],
    ),
  );
  await prepareAhead(ctx, { caseIds: kept.map(({ caseId }) => caseId) });
  return reservedCases(ctx);
}

const isReservable = (actor: UserActor): Prisma.Sql =>
  Prisma.sql`(c.reader_org_id = ${actor.orgId}::uuid AND c.priority <> 'stat' AND c.read_with_id IS NULL AND ${nextFor(null)} AND NOT ${skippedBy(actor)})`;
const inLine = Prisma.sql`c.priority_score DESC, c.due_at, c.created_at, c.id`;

/** What could be kept for the caller as far as others go, in the order in which it would be. @throws {DomainError} `auth.forbidden` */
export async function reservableCases(
  { actor, tx }: Ctx<UserActor>,
  { but, most }: { but: readonly string[]; most: number },
): Promise<string[]> {
  casePolicy.authorize(actor, "case.reserve", null);
  const rows = await tx.$queryRaw<{ id: string }[]>(Prisma.sql`
    SELECT c.id FROM reading_case c WHERE ${isReservable(actor)} AND c.id <> ALL(${but as string[]}::uuid[])
    ORDER BY ${inLine} LIMIT ${most}`);
  return rows.map(({ id }) => id);
}

/** What is kept for the caller, in the order in which it will be read. */
export async function reservedCases({ actor, tx }: Ctx<UserActor>): Promise<Reservation[]> {
  casePolicy.authorize(actor, "case.reserve", null);
  const rows = await tx.$queryRaw<{ caseId: string; reservedUntil: Date }[]>`
    SELECT c.id AS "caseId", c.reserved_until AS "reservedUntil" FROM reading_case c
    WHERE ${reservedFor(actor.userId)} ORDER BY ${inLine}`;
  return rows.map(({ caseId, reservedUntil }) => ({ caseId, reservedUntil: reservedUntil.toISOString() }));
}

/**
 * A sign of life from this session: what is kept for the caller stays for another while. What has lapsed is not revived, and nothing
 * outlasts {@link longestReservedMinutes}.
 *
 * @returns everything that is kept for the caller now.
 * @throws {DomainError} `auth.forbidden`
 */
export async function keepReserved(ctx: Ctx<UserActor>): Promise<Reservation[]> {
  casePolicy.authorize(ctx.actor, "case.reserve", null);
  await ctx.tx.$executeRaw`
    UPDATE reading_case c SET reserved_until = ${until}, reserved_in = ${ctx.actor.sessionId}::uuid WHERE c.id = ANY(ARRAY(
      SELECT c.id FROM reading_case c WHERE ${reservedFor(ctx.actor.userId)} ORDER BY c.id FOR UPDATE))
    AND ${reservedFor(ctx.actor.userId)}`;
  return reservedCases(ctx);
}

/**
 * The last window of this session closes: what was kept in it is free in a moment, unless a window opens again and gives
 * a sign of life.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function leaveReserved({ actor, tx }: Ctx<UserActor>): Promise<void> {
  casePolicy.authorize(actor, "case.reserve", null);
  const left = await tx.$queryRaw<{ caseId: string; orgId: string; until: Date }[]>`
    UPDATE reading_case c SET reserved_until = least(c.reserved_until, clock_timestamp() + make_interval(secs => ${closedSeconds}::int))
    WHERE c.id = ANY(ARRAY(SELECT c.id FROM reading_case c WHERE c.reserved_by_id = ${actor.userId}::uuid ORDER BY c.id FOR UPDATE))
      AND c.reserved_by_id = ${actor.userId}::uuid AND c.reserved_in = ${actor.sessionId}::uuid
    RETURNING c.id AS "caseId", c.org_id AS "orgId", c.reserved_until AS until`;
  await enqueueAll(
    tx,
    "claim.expire",
    left.map(({ orgId, caseId, until: runAt }) => ({ payload: { orgId, caseId }, runAt })),
  );
}

/**
 * Gives back what is kept for the caller: one case, or everything. A worklist manager may give back one that is kept for another. Nothing kept: nothing happens.
 *
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function unreserveCases(ctx: Ctx<UserActor>, { caseId }: Unreserve): Promise<void> {
  const { actor } = ctx;
  if (caseId) {
    const row = await findCase(ctx, caseId, "case.read");
    const own = row.reservedById === actor.userId;
    casePolicy.authorize(actor, own ? "case.release-own" : "case.release-others", row);
  } else casePolicy.authorize(actor, "case.reserve", null);
  const which = caseId
    ? Prisma.sql`c.id = ${caseId}::uuid AND c.reserved_by_id IS NOT NULL`
    : Prisma.sql`c.reserved_by_id = ${actor.userId}::uuid`;
  const freed = await clear(ctx, which);
  await onTrail(
    ctx,
    freed,
    "case.unreserve",
    (row): AuditDetails => (row.reservedById === actor.userId ? {} : { takenFrom: row.reservedById }),
  );
}

/**
 * Clears a reservation that has lapsed. Safe to run twice, late or early.
 * @returns when to look again; null when there is nothing to wait for.
 */
export async function expireReservation(ctx: SqlCtx, caseId: string): Promise<Date | null> {
  const freed = await clear(
    ctx,
    Prisma.sql`c.id = ${caseId}::uuid AND c.reserved_by_id IS NOT NULL AND NOT ${reservationRuns}`,
  );
  await onTrail(ctx, freed, "case.unreserve", (row) => ({ lapsed: true, keptFor: row.reservedById }));
  const [running] = await ctx.tx.$queryRaw<{ until: Date }[]>`
    SELECT reserved_until AS until FROM reading_case WHERE id = ${caseId}::uuid AND reserved_until IS NOT NULL`;
  return running?.until ?? null;
}

function clear({ tx }: SqlCtx, which: Prisma.Sql): Promise<Kept[]> {
  const statement = Prisma.sql`UPDATE reading_case c SET updated_at = clock_timestamp() ${clearReservation}
    WHERE c.id = ANY(ARRAY(SELECT c.id FROM reading_case c WHERE ${which} ORDER BY c.id FOR UPDATE)) AND ${which} ${returning}`;
  return tx.$queryRawUnsafe<Kept[]>(statement.text, ...statement.values);
}

async function onTrail(
  ctx: SqlCtx,
  rows: Kept[],
  action: AuditAction,
  details: (row: Kept) => AuditDetails,
): Promise<void> {
  for (const row of rows)
    await audit(ctx, {
      action,
      orgId: row.orgId,
      patientRef: row.patientRef,
      studyRef: row.studyRef,
      caseId: row.caseId,
      details: details(row),
    });
  await announceCases(ctx, rows);
}
