import type { Ctx, UserActor } from "#server/context.ts";
import { readTypes } from "../assignment/engine/index.ts";
import { levelAt } from "./credentials.ts";
import { findColleague, findReader, type Reader } from "./find-reader.ts";
import type { OfReader } from "./inputs.ts";
import { endingViews } from "./list-readers.ts";
import { readerPolicy } from "./policy.ts";
import { readFacilities } from "./read-facilities.ts";
import { readerFacts, rostersOf, wholeSubspecialties } from "./reader-facts.ts";
import type { Window } from "./roster.ts";
import type { LicenceView, PrivilegeView, ReaderView, ShiftView, SwapView } from "./shapes.ts";

type Own = Ctx<UserActor>;

/** A reader's page for the lead. @throws {DomainError} `auth.forbidden`, `user.not-found` */
export async function getReader(ctx: Own, { userId }: OfReader): Promise<ReaderView> {
  return viewOf(ctx, await findReader(ctx, userId));
}

/**
 * What is kept of the caller, and whom he may ask for a swap.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function ownReader(
  ctx: Own,
): Promise<ReaderView & { colleagues: { userId: string; displayName: string }[] }> {
  const { actor, tx } = ctx;
  readerPolicy.authorize(actor, "reader.own", null);
  const colleagues = await tx.user.findMany({
    where: { orgId: actor.orgId, deactivatedAt: null, roles: { has: "radiologist" }, id: { not: actor.userId } },
    orderBy: [{ displayName: "asc" }, { id: "asc" }],
    select: { id: true, displayName: true },
  });
  return {
    ...(await viewOf(ctx, await findColleague(ctx, actor.userId))),
    colleagues: colleagues.map(({ id, displayName }) => ({ userId: id, displayName })),
  };
}

async function viewOf(ctx: Own, reader: Reader): Promise<ReaderView> {
  const { actor, tx, now } = ctx;
  const org = await tx.organization.findUniqueOrThrow({ where: { id: actor.orgId }, select: { timeZone: true } });
  const settings = await tx.readerSettings.findUnique({ where: { orgId: actor.orgId } });
  const profile = await tx.readerProfile.findUnique({ where: { userId: reader.id } });
  const facts = (await readerFacts(tx, actor.orgId, now)).find(({ id }) => id === reader.id);
  const roster = (await rostersOf(tx, actor.orgId, now)).get(reader.id);
  return {
    userId: reader.id,
    displayName: reader.displayName,
    timeZone: org.timeZone,
    enforced: settings?.credentialsEnforced ?? false,
    profile: {
      languages: profile?.languages ?? [],
      readTypes: profile?.readTypes ?? [...readTypes],
      capOpenCases: profile?.capOpenCases ?? null,
      capShiftCases: profile?.capShiftCases ?? null,
      capShiftWorkUnits: profile?.capShiftWorkUnits ?? null,
      offRoster: profile?.offRoster ?? true,
      subspecialties: wholeSubspecialties((profile?.subspecialties ?? []) as ReaderView["profile"]["subspecialties"]),
    },
    licences: await licencesOf(ctx, reader.id),
    privileges: await privilegesOf(ctx, reader.id),
    shifts: await shiftsOf(ctx, reader.id),
    changes: await changesOf(ctx, reader.id),
    ahead: (roster?.shifts ?? [])
      .filter(({ until }) => until > now.getTime())
      .map(({ from, until }) => ({ from: new Date(from), until: new Date(until) })),
    endings: (await endingViews(ctx)).filter(({ userId }) => userId === reader.id),
    swaps: await swapsOf(ctx, reader.id),
    minutesPerWorkUnit: facts?.minutesPerWorkUnit ?? 0,
    done: { cases: facts?.done.cases ?? 0, workUnits: facts?.done.workUnits ?? 0 },
  };
}

async function licencesOf({ actor, tx, now }: Own, userId: string): Promise<LicenceView[]> {
  const rows = await tx.$queryRaw<
    (Omit<LicenceView, "state" | "checks" | "files"> & { begins: Date | null; ends: Date | null; removed: boolean })[]
  >`
    SELECT l.id AS "licenceId", l.jurisdiction, l.number, l.valid_from::text AS "validFrom", l.valid_until::text AS "validUntil", l.document,
      l.removed_at IS NOT NULL AS removed, l.valid_from::timestamp AT TIME ZONE o.time_zone AS begins,
      (l.valid_until + 1)::timestamp AT TIME ZONE o.time_zone AS ends
    FROM reader_licence l JOIN organization o ON o.id = l.org_id
    WHERE l.org_id = ${actor.orgId}::uuid AND l.user_id = ${userId}::uuid
    ORDER BY l.removed_at IS NOT NULL, l.jurisdiction, l.valid_until DESC NULLS FIRST, l.id`;
  const checks = await tx.$queryRaw<(LicenceView["checks"][number] & { licenceId: string })[]>`
    SELECT k.licence_id AS "licenceId", k.outcome, k.source, k.note, coalesce(staff_name(k.by_id), '') AS by, k.at
    FROM licence_check k WHERE k.org_id = ${actor.orgId}::uuid AND k.licence_id = ANY(${rows.map((row) => row.licenceId)}::uuid[])
    ORDER BY k.at DESC, k.id`;
  const files = await tx.$queryRaw<(LicenceView["files"][number] & { licenceId: string })[]>`
    SELECT d.licence_id AS "licenceId", d.id AS "documentId", d.media_type AS "mediaType", d.size_bytes AS "sizeBytes", coalesce(staff_name(d.by_id), '') AS by, d.at
    FROM licence_document d WHERE d.org_id = ${actor.orgId}::uuid AND d.licence_id = ANY(${rows.map((row) => row.licenceId)}::uuid[])
    ORDER BY d.at, d.id`;
  return rows.map(({ begins, ends, removed, ...licence }) => ({
    ...licence,
    files: files.filter(({ licenceId }) => licenceId === licence.licenceId).map(({ licenceId: _, ...file }) => file),
    state: removed
      ? ("removed" as const)
      : begins && begins > now
        ? ("not-yet" as const)
        : ends && ends <= now
          ? ("ended" as const)
          : ("valid" as const),
    checks: checks
      .filter(({ licenceId }) => licenceId === licence.licenceId)
      .map(({ licenceId: _, ...check }) => check),
  }));
}

async function privilegesOf({ actor, tx, now }: Own, userId: string): Promise<PrivilegeView[]> {
  const rows = await tx.facilityPrivilege.findMany({ where: { orgId: actor.orgId, userId } });
  const names = new Map(
    (await tx.user.findMany({ where: { orgId: actor.orgId } })).map((each) => [each.id, each.displayName]),
  );
  return (await readFacilities(tx, actor.orgId)).map(({ id, name, hospitalName, jurisdiction, timeZone }) => {
    const row = rows.find(({ facilityId }) => facilityId === id);
    return {
      facilityId: id,
      name,
      hospitalName,
      jurisdiction,
      timeZone,
      level: row?.level ?? null,
      levelNow: row ? levelAt({ level: row.level, expiresAt: row.expiresAt?.getTime() ?? null }, now.getTime()) : null,
      expiresAt: row?.expiresAt ?? null,
      grantedBy: row?.grantedById ? (names.get(row.grantedById) ?? null) : null,
      grantedAt: row?.grantedAt ?? null,
    };
  });
}

async function shiftsOf({ actor, tx }: Own, userId: string): Promise<ShiftView[]> {
  const rows = await tx.readerShift.findMany({
    where: { orgId: actor.orgId, userId, removedAt: null },
    orderBy: { id: "asc" },
  });
  const day = (date: Date | null) => date?.toISOString().slice(0, 10) ?? null;
  return rows.map(({ id, weekdays, starts, ends, timeZone, validFrom, validUntil, breaks }) => ({
    shiftId: id,
    weekdays,
    starts,
    ends,
    timeZone,
    validFrom: day(validFrom),
    validUntil: day(validUntil),
    breaks: breaks as Window[],
  }));
}

async function changesOf({ actor, tx, now }: Own, userId: string): Promise<ReaderView["changes"]> {
  const rows = await tx.shiftChange.findMany({
    where: { orgId: actor.orgId, userId, removedAt: null, endsAt: { gt: now } },
    orderBy: [{ startsAt: "asc" }, { id: "asc" }],
  });
  return rows.map(({ id, kind, startsAt, endsAt, swapId }) => ({
    changeId: id,
    kind,
    startsAt,
    endsAt,
    swapped: swapId !== null,
  }));
}

/** Those that wait, and what became of the others until their time is over. */
async function swapsOf({ actor, tx, now }: Own, userId: string): Promise<SwapView[]> {
  const rows = await tx.shiftSwap.findMany({
    where: { orgId: actor.orgId, endsAt: { gt: now }, OR: [{ fromUserId: userId }, { toUserId: userId }] },
    orderBy: [{ startsAt: "asc" }, { id: "asc" }],
  });
  const people = await tx.user.findMany({ where: { orgId: actor.orgId }, select: { id: true, displayName: true } });
  const nameOf = (id: string) => people.find((each) => each.id === id)?.displayName ?? "";
  return rows.map((row) => ({
    swapId: row.id,
    from: nameOf(row.fromUserId),
    to: nameOf(row.toUserId),
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    inReturn:
      row.returnStartsAt && row.returnEndsAt ? { startsAt: row.returnStartsAt, endsAt: row.returnEndsAt } : null,
    state: row.state,
    can: {
      answer: row.state === "asked" && row.toUserId === actor.userId,
      withdraw: row.state === "asked" && row.fromUserId === actor.userId,
    },
  }));
}
