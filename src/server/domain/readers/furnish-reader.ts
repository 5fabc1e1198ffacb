import type { Tx } from "#server/context.ts";
import { systemActor } from "#server/system-actor.ts";
import type { WorkUnitTable } from "../assignment/engine/index.ts";
import { appendAs } from "../audit/index.ts";
import type { AddLicence, AddShift, SaveProfile } from "./inputs.ts";
import { endOfDay } from "./roster.ts";

const dayOf = (day: string | null): Date | null => (day === null ? null : new Date(`${day}T00:00Z`));

type NewReader = {
  orgId: string;
  userId: string;
  profile: Omit<SaveProfile, "userId">;
  licences: Omit<AddLicence, "userId">[];
  /** May report there. */
  facilities: { facilityId: string; lastDay: string | null; timeZone: string }[];
  shifts: Omit<AddShift, "userId">[];
};

/** Enters all that is known of a reader. For operators: `tx` comes from `withMaintenance`. */
export async function furnishReader(
  tx: Tx,
  { orgId, userId, profile, licences, facilities, shifts }: NewReader,
  by: string,
): Promise<void> {
  const own = { orgId, userId };
  const days = (each: { validFrom: string | null; validUntil: string | null }) => ({
    validFrom: dayOf(each.validFrom),
    validUntil: dayOf(each.validUntil),
  });
  await tx.readerProfile.create({ data: { ...own, ...profile } });
  for (const licence of licences) await tx.readerLicence.create({ data: { ...own, ...licence, ...days(licence) } });
  for (const { facilityId, lastDay, timeZone } of facilities)
    await tx.facilityPrivilege.create({
      data: {
        ...own,
        facilityId,
        level: "report",
        expiresAt: lastDay === null ? null : new Date(endOfDay(lastDay, timeZone)),
      },
    });
  for (const shift of shifts) await tx.readerShift.create({ data: { ...own, ...shift, ...days(shift) } });
  await appendAs(tx, systemActor(orgId, by), { action: "reader.update", details: { userId, changed: "all" } });
}

/** Groups of a reading group's readers, and its first table of work units. For operators: `tx` comes from `withMaintenance`. */
export async function furnishReaders(
  tx: Tx,
  orgId: string,
  { groups, workUnits }: { groups: { name: string; readerIds: string[] }[]; workUnits: WorkUnitTable },
  by: string,
): Promise<void> {
  for (const group of groups) await tx.readerGroup.create({ data: { orgId, ...group } });
  await tx.workUnitTable.create({ data: { orgId, version: 1, content: workUnits } });
  await appendAs(tx, systemActor(orgId, by), {
    action: "reader.update",
    details: { changed: "groups, work units", procedures: workUnits.procedures.length },
  });
}
