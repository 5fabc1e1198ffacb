import { DomainError } from "@overread/shared/errors";
import type { SqlTx, Tx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { type DestinationSettings, type KindName, kinds } from "./kinds/index.ts";

/**
 * Identifies a destination: of a facility, or of the whole organisation (`facilityId` null). Several of one kind differ
 * by name.
 */
export type DestinationPlace = { orgId: string; facilityId: string | null; kind: string; name: string };

/** The facility's own PACS, to which reports are returned. */
const pacsName = "pacs";
const pacsOf = (orgId: string, facilityId: string) => ({ orgId, facilityId, kind: "dicom", name: pacsName });

/**
 * Creates a destination, or changes its settings. Deliveries stay with the destination and go to the new address;
 * nothing is sent twice because the address changed. The caller has authorised changing the facility's settings.
 *
 * @throws {DomainError} `request.invalid`: the settings do not fit the kind.
 */
export async function saveDestination(tx: Tx, place: DestinationPlace, settings: unknown): Promise<{ id: string }> {
  const kind = kinds.find(place.kind);
  const parsed = kind?.settings.safeParse(settings);
  if (!kind || !parsed?.success) throw new DomainError("request.invalid", { details: { fields: "settings" } });
  await waitForRecorders(tx, place.facilityId);
  const [row] = await tx.$queryRaw<[{ id: string }]>`
    INSERT INTO destination (org_id, facility_id, kind, name, settings, enabled)
    VALUES (${place.orgId}::uuid, ${place.facilityId}::uuid, ${place.kind}, ${place.name}, ${JSON.stringify(parsed.data)}::jsonb, true)
    ON CONFLICT (org_id, facility_id, kind, name) DO UPDATE SET settings = excluded.settings, enabled = true, updated_at = now()
    RETURNING id::text`;
  if (kind.carrier === "portal") await enqueue(tx, "delivery.send", { orgId: place.orgId, destinationId: row.id });
  return row;
}

/**
 * Removes the settings of a destination. Its row stays, since deliveries refer to it; nothing is handed out until it
 * gets settings again. Idempotent.
 */
export async function forgetDestination(tx: Tx, { orgId, facilityId, kind, name }: DestinationPlace): Promise<void> {
  await waitForRecorders(tx, facilityId);
  await tx.$executeRaw`UPDATE destination SET enabled = false, settings = NULL, updated_at = now()
    WHERE org_id = ${orgId}::uuid AND facility_id IS NOT DISTINCT FROM ${facilityId}::uuid AND kind = ${kind} AND name = ${name}`;
}

/**
 * Waits for transactions that record deliveries for the facility (`destinationsOf`, `hold`), whose deliveries are then
 * found by what follows a change of settings.
 */
async function waitForRecorders(tx: SqlTx, facilityId: string | null): Promise<void> {
  if (facilityId) await tx.$queryRaw`SELECT 1 FROM facility WHERE id = ${facilityId}::uuid FOR NO KEY UPDATE`;
}

/** A destination to which deliveries may be recorded. */
export type OpenDestination = { destinationId: string; kind: string; facilityId: string | null };

/**
 * The active destinations of a facility, including those of its whole organisation.
 *
 * @param hold locks them until commit: for a caller that records deliveries.
 */
export async function destinationsOf(
  { tx }: { tx: SqlTx },
  { orgId, facilityId, hold = false }: { orgId: string; facilityId: string | null; hold?: boolean },
): Promise<OpenDestination[]> {
  if (hold && facilityId) await tx.$queryRaw`SELECT 1 FROM facility WHERE id = ${facilityId}::uuid FOR SHARE`;
  return tx.$queryRaw<OpenDestination[]>`
    SELECT id::text AS "destinationId", kind, facility_id::text AS "facilityId" FROM destination
    WHERE org_id = ${orgId}::uuid AND enabled AND (facility_id IS NULL OR facility_id = ${facilityId}::uuid) ORDER BY id`;
}

type Pacs = DestinationSettings["dicom"];

/** Sets a facility's PACS, or removes it (null). */
export async function setPacs(
  tx: Tx,
  { orgId, facilityId }: { orgId: string; facilityId: string },
  pacs: Pacs | null,
): Promise<void> {
  if (pacs) await saveDestination(tx, pacsOf(orgId, facilityId), pacs);
  else await forgetDestination(tx, pacsOf(orgId, facilityId));
}

/** The PACS of each facility that has one, by facility. */
export async function pacsByFacility(
  { tx }: { tx: SqlTx },
  facilityIds: readonly string[],
): Promise<Map<string, Pacs>> {
  const rows = await tx.$queryRaw<{ facilityId: string; settings: unknown }[]>`
    SELECT facility_id::text AS "facilityId", settings FROM destination
    WHERE facility_id = ANY(${facilityIds}::uuid[]) AND kind = 'dicom' AND name = ${pacsName} AND enabled`;
  return new Map(rows.map(({ facilityId, settings }) => [facilityId, settingsOf("dicom", settings)]));
}

function settingsOf<K extends KindName>(kind: K, settings: unknown): DestinationSettings[K] {
  return kinds.find(kind)!.settings.parse(settings) as DestinationSettings[K];
}

/** Whether a facility `f` has a PACS for reports. */
export const hasPacs = Prisma.sql`EXISTS (SELECT 1 FROM destination t WHERE t.facility_id = f.id AND t.kind = 'dicom' AND t.enabled)`;
