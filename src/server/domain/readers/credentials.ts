import { type PrivilegeLevel, privilegeLevels, type ReaderFacts } from "../assignment/engine/index.ts";

/** What licences and privileges amount to at a moment. Pure. */

export type Privilege = { facilityId: string; level: PrivilegeLevel; expiresAt: number | null };

const rank = (level: PrivilegeLevel): number => privilegeLevels.indexOf(level);
/** The next lower one; `none` stays. */
const levelBelow = (level: PrivilegeLevel): PrivilegeLevel => privilegeLevels[Math.max(0, rank(level) - 1)] ?? "none";
/** From the moment it expires on it is the level below. */
export const levelAt = ({ level, expiresAt }: Omit<Privilege, "facilityId">, now: number): PrivilegeLevel =>
  expiresAt !== null && expiresAt <= now ? levelBelow(level) : level;

/**
 * For a study that came by no facility of its hospital: the least of what he may do at any of them, for it may be anyone's. Null where he may
 * do nothing at one.
 */
export function wholeHospital(
  hospital: { id: string; facilityIds: readonly string[] },
  privileges: readonly Privilege[],
  now: number,
): Privilege | null {
  const each = hospital.facilityIds.map((id) => privileges.find(({ facilityId }) => facilityId === id));
  if (each.length === 0 || each.some((one) => !one)) return null;
  const least = (each as Privilege[]).toSorted((a, b) => rank(levelAt(a, now)) - rank(levelAt(b, now)))[0]!;
  const level = levelAt(least, now);
  // The first that falls below it takes it along.
  const ends = (each as Privilege[])
    .filter((one) => one.expiresAt !== null && one.expiresAt > now && rank(levelBelow(one.level)) < rank(level))
    .map((one) => one.expiresAt as number);
  return level === "none"
    ? null
    : { facilityId: hospital.id, level, expiresAt: ends.length > 0 ? Math.min(...ends) : null };
}

type Licence = ReaderFacts["licences"][number];
/** Holding several at once, as one licence for `US-IL/US-WI`; null where one of them is not valid now. */
export function inAll(jurisdictions: string, licences: readonly Licence[], now: number): Licence | null {
  const held = jurisdictions.split("/").map((jurisdiction) =>
    licences
      .filter((each) => each.jurisdiction === jurisdiction && (each.validFrom ?? now) <= now)
      .map((each) => each.validUntil ?? Infinity)
      .filter((until) => until > now),
  );
  if (held.some((ends) => ends.length === 0)) return null;
  const until = Math.min(...held.map((ends) => Math.max(...ends)));
  return { jurisdiction: jurisdictions, validFrom: null, validUntil: until === Infinity ? null : until };
}
