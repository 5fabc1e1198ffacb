import { reportLanguages } from "@overread/shared/report-languages";
import type { SqlTx } from "#server/context.ts";
import {
  minuteMs,
  type PrivilegeLevel,
  type ReaderFacts,
  readTypes,
  type Snapshot,
} from "../assignment/engine/index.ts";
import { inAll, type Privilege, wholeHospital } from "./credentials.ts";
import { noJurisdiction } from "./jurisdiction.ts";
import { paceOf } from "./pace.ts";
import { type ReadFacility, readFacilities } from "./read-facilities.ts";
import {
  expandShifts,
  type Interval,
  runningShift,
  type ShiftChange,
  type WeeklyShift,
  type Window,
} from "./roster.ts";
import { doneSince, lastSigned } from "./signed-work.ts";
import { workUnitTable } from "./work-unit-table.ts";

/**
 * What assignment is told of a group's readers, in the engine's words. None of these verbs asks a policy: whoever calls them works for the
 * group, in a transaction that shows the group's rows.
 */

const hourMs = 60 * minuteMs;
/** Off shift there is no beginning to count from. */
const countedBackMs = 12 * hourMs;
/** As the engine wants its shifts. */
const spanOf = (now: Date): Interval => ({ from: now.getTime() - 24 * hourMs, until: now.getTime() + 7 * 24 * hourMs });

/** Every radiologist of the group with an open account. */
export async function readerFacts(tx: SqlTx, readerOrgId: string, now: Date): Promise<ReaderFacts[]> {
  const people = await readersOf(tx, readerOrgId);
  const ids = people.map(({ id }) => id);
  const rosters = await rostersOf(tx, readerOrgId, now);
  const credentials = await credentialsOf(tx, readerOrgId, now);
  const table = await workUnitTable(tx, readerOrgId);
  const since = new Map(
    people.map(({ id, offRoster }) => [
      id,
      (offRoster ? undefined : runningShift(rosters.get(id)?.shifts ?? [], now.getTime())?.from) ??
        now.getTime() - countedBackMs,
    ]),
  );
  const done = await doneSince(tx, readerOrgId, since, table);
  const pace = paceOf(await lastSigned(tx, readerOrgId, ids, now, table));
  return people.map(({ id, offRoster, ...person }) => {
    const roster = rosters.get(id);
    return {
      id,
      orgId: readerOrgId,
      signedIn: person.signedIn,
      shifts: offRoster ? null : (roster?.shifts ?? []),
      breaks: offRoster ? [] : (roster?.breaks ?? []),
      licences: credentials.licencesOf(id),
      privileges: credentials.privilegesOf(id),
      subspecialties: wholeSubspecialties(person.subspecialties),
      readTypes: readTypes.filter((each) => person.readTypes.includes(each)),
      // Nothing chosen restricts nothing.
      languages: person.languages.length > 0 ? person.languages : Object.keys(reportLanguages),
      caps: {
        openCases: person.capOpenCases,
        shiftCases: person.capShiftCases,
        shiftWorkUnits: person.capShiftWorkUnits,
      },
      done: { since: since.get(id)!, ...(done.get(id) ?? { cases: 0, workUnits: 0 }) },
      minutesPerWorkUnit: pace(id),
    };
  });
}

/** The groups that rules may name, less who has left. */
export async function readerGroups(tx: SqlTx, readerOrgId: string): Promise<Snapshot["groups"]> {
  return tx.$queryRaw<{ id: string; readerIds: string[] }[]>`
    SELECT g.id, ARRAY(SELECT u.id FROM user_account u WHERE u.id = ANY(g.reader_ids) AND u.deactivated_at IS NULL ORDER BY u.id) AS "readerIds"
    FROM reader_group g WHERE g.org_id = ${readerOrgId}::uuid AND g.removed_at IS NULL ORDER BY g.id`;
}

/**
 * The facilities that the group reads for, and each hospital as the facility of what came by none. The jurisdiction is the one that counts for
 * this group: `noJurisdiction` where nobody is to be barred.
 */
export async function facilityFacts(tx: SqlTx, readerOrgId: string): Promise<Snapshot["facilities"]> {
  const { enforced } = await settingsOf(tx, readerOrgId);
  const facilities = await readFacilities(tx, readerOrgId);
  const asked = (own: readonly ReadFacility[]) => (enforced ? jurisdictionOfAll(own) : noJurisdiction);
  return [
    ...facilities.map((one) => ({
      id: one.id,
      hospitalId: one.hospitalId,
      jurisdiction: asked([one]),
      timeZone: one.timeZone,
    })),
    ...hospitalsOf(facilities).map(({ id, own }) => ({
      id,
      hospitalId: id,
      jurisdiction: asked(own),
      timeZone: own[0]!.hospitalTimeZone,
    })),
  ];
}

/** Of a study that came by none of them it takes the licences of all: `US-IL/US-WI`. */
const jurisdictionOfAll = (own: readonly ReadFacility[]): string =>
  [...new Set(own.map(({ jurisdiction }) => jurisdiction).filter((each) => each !== ""))].sort().join("/") ||
  noJurisdiction;

/** When what a group keeps of its readers changes by itself: a shift or break begins or ends, a licence or privilege begins or ends. Null: not within a week. */
export async function nextReaderChange(tx: SqlTx, readerOrgId: string, now: Date): Promise<Date | null> {
  const at = now.getTime();
  const moments: number[] = [];
  const offRoster = new Set((await readersOf(tx, readerOrgId)).filter((each) => each.offRoster).map(({ id }) => id));
  for (const [id, { shifts, breaks }] of await rostersOf(tx, readerOrgId, now))
    if (!offRoster.has(id)) for (const { from, until } of [...shifts, ...breaks]) moments.push(from, until);
  const { licences, privileges } = await keptCredentials(tx, readerOrgId);
  for (const { validFrom, validUntil } of licences) moments.push(validFrom?.getTime() ?? 0, validUntil?.getTime() ?? 0);
  for (const { expiresAt } of privileges) moments.push(expiresAt?.getTime() ?? 0);
  const next = moments.filter((each) => each > at && each <= spanOf(now).until);
  return next.length > 0 ? new Date(Math.min(...next)) : null;
}

type Person = {
  id: string;
  signedIn: boolean;
  offRoster: boolean;
  languages: string[];
  readTypes: string[];
  capOpenCases: number | null;
  capShiftCases: number | null;
  capShiftWorkUnits: number | null;
  subspecialties: KeptSubspecialty[];
};
/** What was saved before procedures were asked for names none. */
type KeptSubspecialty = Omit<ReaderFacts["subspecialties"][number], "procedures"> &
  Partial<Pick<ReaderFacts["subspecialties"][number], "procedures">>;
export const wholeSubspecialties = (kept: readonly KeptSubspecialty[]): ReaderFacts["subspecialties"] =>
  kept.map((each) => ({ ...each, procedures: each.procedures ?? [] }));

/** Who has said nothing reads everything, whenever he is there. */
function readersOf(tx: SqlTx, readerOrgId: string): Promise<Person[]> {
  return tx.$queryRaw<Person[]>`
    SELECT u.id, coalesce(p.off_roster, true) AS "offRoster", coalesce(p.languages, '{}') AS languages,
      coalesce(p.read_types, '{preliminary,final,over-read}') AS "readTypes", p.cap_open_cases AS "capOpenCases",
      p.cap_shift_cases AS "capShiftCases", p.cap_shift_work_units AS "capShiftWorkUnits", coalesce(p.subspecialties, '[]') AS subspecialties,
      EXISTS (SELECT 1 FROM session s WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > now()
        AND s.last_seen_at > now() - interval '10 minutes') AS "signedIn"
    FROM user_account u LEFT JOIN reader_profile p ON p.user_id = u.id
    WHERE u.org_id = ${readerOrgId}::uuid AND u.deactivated_at IS NULL AND 'radiologist' = ANY(u.roles) ORDER BY u.id`;
}

/** Shifts and breaks of everybody who has any, a day back and a week ahead. */
export async function rostersOf(
  tx: SqlTx,
  readerOrgId: string,
  now: Date,
): Promise<Map<string, { shifts: Interval[]; breaks: Interval[] }>> {
  const weekly = await tx.$queryRaw<(Omit<WeeklyShift, "breaks"> & { userId: string; breaks: Window[] })[]>`
    SELECT user_id AS "userId", weekdays, starts, ends, time_zone AS "timeZone", valid_from::text AS "validFrom",
      valid_until::text AS "validUntil", breaks
    FROM reader_shift WHERE org_id = ${readerOrgId}::uuid AND removed_at IS NULL ORDER BY id`;
  const span = spanOf(now);
  const changes = await tx.$queryRaw<{ userId: string; kind: ShiftChange["kind"]; startsAt: Date; endsAt: Date }[]>`
    SELECT user_id AS "userId", kind::text, starts_at AS "startsAt", ends_at AS "endsAt"
    FROM shift_change WHERE org_id = ${readerOrgId}::uuid AND removed_at IS NULL
      AND ends_at > ${new Date(span.from - 48 * hourMs)} AND starts_at < ${new Date(span.until + 48 * hourMs)} ORDER BY id`;
  const users = new Set([...weekly, ...changes].map(({ userId }) => userId));
  return new Map(
    [...users].map((id) => [
      id,
      expandShifts(
        {
          weekly: weekly.filter(({ userId }) => userId === id),
          changes: changes
            .filter(({ userId }) => userId === id)
            .map(({ kind, startsAt, endsAt }) => ({ kind, from: startsAt.getTime(), until: endsAt.getTime() })),
        },
        span,
      ),
    ]),
  );
}

async function settingsOf(tx: SqlTx, readerOrgId: string): Promise<{ enforced: boolean }> {
  const [row] = await tx.$queryRaw<{ enforced: boolean }[]>`
    SELECT credentials_enforced AS enforced FROM reader_settings WHERE org_id = ${readerOrgId}::uuid`;
  return { enforced: row?.enforced ?? false };
}

function hospitalsOf(facilities: readonly ReadFacility[]): { id: string; own: ReadFacility[] }[] {
  const ids = [...new Set(facilities.map(({ hospitalId }) => hospitalId))];
  return ids.map((id) => ({ id, own: facilities.filter(({ hospitalId }) => hospitalId === id) }));
}

type KeptLicence = { userId: string; jurisdiction: string; validFrom: Date | null; validUntil: Date | null };
type KeptPrivilege = { userId: string; facilityId: string; level: PrivilegeLevel; expiresAt: Date | null };
/** As they are on file. A licence's days are those of the group's own zone. */
export async function keptCredentials(
  tx: SqlTx,
  readerOrgId: string,
): Promise<{ licences: KeptLicence[]; privileges: KeptPrivilege[] }> {
  const licences = await tx.$queryRaw<KeptLicence[]>`
    SELECT l.user_id AS "userId", l.jurisdiction, l.valid_from::timestamp AT TIME ZONE o.time_zone AS "validFrom",
      (l.valid_until + 1)::timestamp AT TIME ZONE o.time_zone AS "validUntil"
    FROM reader_licence l JOIN organization o ON o.id = l.org_id
    WHERE l.org_id = ${readerOrgId}::uuid AND l.removed_at IS NULL ORDER BY l.id`;
  const privileges = await tx.$queryRaw<KeptPrivilege[]>`
    SELECT user_id AS "userId", facility_id AS "facilityId", level::text, expires_at AS "expiresAt"
    FROM facility_privilege WHERE org_id = ${readerOrgId}::uuid ORDER BY user_id, facility_id`;
  return { licences, privileges };
}

/** As they count: where the group does not enforce them, everybody may report everywhere. */
async function credentialsOf(tx: SqlTx, readerOrgId: string, now: Date) {
  const { enforced } = await settingsOf(tx, readerOrgId);
  const hospitals = hospitalsOf(await readFacilities(tx, readerOrgId));
  const { licences, privileges } = await keptCredentials(tx, readerOrgId);
  const everywhere = hospitals
    .flatMap(({ id, own }) => [id, ...own.map((each) => each.id)])
    .map((facilityId): Privilege => ({ facilityId, level: "report", expiresAt: null }));
  return {
    licencesOf(id: string): ReaderFacts["licences"] {
      const own = licences
        .filter(({ userId }) => userId === id)
        .map(({ jurisdiction, validFrom, validUntil }) => ({
          jurisdiction,
          validFrom: validFrom?.getTime() ?? null,
          validUntil: validUntil?.getTime() ?? null,
        }));
      const several = new Set(
        hospitals.map((each) => jurisdictionOfAll(each.own)).filter((each) => each.includes("/")),
      );
      return [
        { jurisdiction: noJurisdiction, validFrom: null, validUntil: null },
        ...own,
        ...[...several].map((each) => inAll(each, own, now.getTime())).filter((each) => each !== null),
      ];
    },
    privilegesOf(id: string): ReaderFacts["privileges"] {
      if (!enforced) return everywhere;
      const own = privileges
        .filter(({ userId, level }) => userId === id && level !== "none")
        .map(({ facilityId, level, expiresAt }) => ({ facilityId, level, expiresAt: expiresAt?.getTime() ?? null }));
      const whole = hospitals.map(({ id: hospitalId, own: places }) =>
        wholeHospital({ id: hospitalId, facilityIds: places.map((each) => each.id) }, own, now.getTime()),
      );
      return [...own, ...whole.filter((each) => each !== null)];
    },
  };
}
