import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { hashPassword } from "#server/auth/password.ts";
import type { Tx } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import {
  addCalledAeTitle,
  createContract,
  createFacility,
  createOrganization,
  insertAccount,
} from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { furnishDemoReaders } from "./readers.ts";

type DemoAccount = { email: string; displayName: string; personName: string; roles: Role[]; qualification?: string };

/** The demo accounts, by organisation. */
export const demoAccounts: Record<"lakeside" | "harbor" | "nightshift" | "overread", DemoAccount[]> = {
  nightshift: [
    {
      email: "radiologist@nightshift.example",
      displayName: "Dr Ingrid Solheim",
      personName: "Solheim^Ingrid^^Dr",
      roles: ["radiologist"],
      qualification: "MD, FRCR",
    },
    {
      email: "radiologist2@nightshift.example",
      displayName: "Dr Kwame Mensah",
      personName: "Mensah^Kwame^^Dr",
      roles: ["radiologist"],
      qualification: "MD, PhD",
    },
    {
      email: "lead@nightshift.example",
      displayName: "Noor Haddad",
      personName: "Haddad^Noor",
      roles: ["worklist_manager"],
    },
  ],
  lakeside: [
    {
      email: "referrer@lakeside.example",
      displayName: "Dr Rosa Almeida",
      personName: "Almeida^Rosa^^Dr",
      roles: ["referring_physician"],
      qualification: "MD",
    },
    {
      email: "tech@lakeside.example",
      displayName: "Jonas Weber",
      personName: "Weber^Jonas",
      roles: ["technologist"],
    },
    {
      email: "admin@lakeside.example",
      displayName: "Mei Tanaka",
      personName: "Tanaka^Mei",
      roles: ["site_admin"],
    },
  ],
  harbor: [
    {
      email: "admin@harbor.example",
      displayName: "Lucas Moreau",
      personName: "Moreau^Lucas",
      roles: ["site_admin"],
    },
  ],
  overread: [
    {
      email: "operator@overread.example",
      displayName: "Overread Operator",
      personName: "Operator^Overread",
      roles: ["platform_operator"],
    },
  ],
};

const by = "demo";

/** The demo edge router accepts this called AE title from its next heartbeat on. */
async function answerTo(tx: Tx, edgeAet: string): Promise<void> {
  const facility = await addCalledAeTitle(tx, { facilitySlug: "lakeside-main", aeTitle: edgeAet });
  if (!facility) return;
  const details = { facilityId: facility.id, changed: "calledAeTitles" };
  await appendAs(tx, systemActor(facility.orgId, by), { action: "facility.update", details });
}

/**
 * Loads the demo organisations in one transaction: two hospitals, the reading group that reads for both, and the
 * platform's own organisation, with one account per role. Does nothing where they exist already.
 *
 * @param password of every demo account; only its hashes are stored.
 * @param edgeAet a further called AE title of the demo edge router, also set where the demo is loaded already.
 * @returns whether anything was loaded.
 */
export async function seedDemo({
  password,
  edgeAet,
}: {
  password: string;
  edgeAet?: string;
}): Promise<{ loaded: boolean }> {
  const hashes = new Map<string, string>();
  if (await withMaintenance((tx) => tx.organization.findUnique({ where: { slug: "lakeside" } }))) {
    if (edgeAet) await withMaintenance((tx) => answerTo(tx, edgeAet));
    return { loaded: false };
  }
  for (const account of Object.values(demoAccounts).flat()) hashes.set(account.email, await hashPassword(password));

  return withMaintenance(async (tx) => {
    // Two first starts at once: one loads, the other waits and finds it done.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(7021)`;
    if (await tx.organization.findUnique({ where: { slug: "lakeside" } })) return { loaded: false };

    const lakeside = await createOrganization(
      tx,
      {
        slug: "lakeside",
        name: "Lakeside Hospital",
        kind: "hospital",
        timeZone: "America/Chicago",
        letterhead: ["Lakeside Hospital", "Department of Radiology", "1 Lake Shore Road, Lakeside"],
      },
      by,
    );
    const harbor = await createOrganization(
      tx,
      {
        slug: "harbor",
        name: "Harbor General",
        kind: "hospital",
        timeZone: "Europe/London",
        letterhead: ["Harbor General", "Imaging Department", "Quay Street, Harbor"],
      },
      by,
    );
    const nightshift = await createOrganization(
      tx,
      {
        slug: "nightshift",
        name: "Nightshift Radiology",
        kind: "reading_group",
        timeZone: "Australia/Sydney",
        letterhead: ["Nightshift Radiology", "Remote reading for Lakeside Hospital and Harbor General"],
      },
      by,
    );
    const platform = await createOrganization(tx, { slug: "overread", name: "Overread", kind: "platform" }, by);

    const called = [...new Set(["OVERREAD", "OVERREAD_PRIOR", ...(edgeAet ? [edgeAet] : [])])];
    await createFacility(
      tx,
      lakeside.id,
      {
        slug: "lakeside-main",
        name: "Lakeside Main Campus",
        timeZone: "America/Chicago",
        jurisdiction: "US-IL",
        allowedCallingAeTitles: ["*"],
        calledAeTitles: called,
        priorAeTitles: ["OVERREAD_PRIOR"],
        quietSeconds: 3,
        localPacs: { aeTitle: "LOCALPACS", host: "127.0.0.1", port: 11113 },
      },
      by,
    );
    await createFacility(
      tx,
      lakeside.id,
      {
        slug: "lakeside-north",
        name: "Lakeside North Clinic",
        timeZone: "America/Chicago",
        jurisdiction: "US-IL",
        priorAeTitles: ["OVERREAD_PRIOR"],
        calledAeTitles: ["OVERREAD", "OVERREAD_PRIOR"],
      },
      by,
    );
    await createFacility(
      tx,
      harbor.id,
      {
        slug: "harbor-general",
        name: "Harbor General Hospital",
        timeZone: "Europe/London",
        jurisdiction: "GB",
        priorAeTitles: ["OVERREAD_PRIOR"],
        calledAeTitles: ["OVERREAD", "OVERREAD_PRIOR"],
      },
      by,
    );
    for (const hospital of [lakeside, harbor])
      await createContract(tx, { orgId: hospital.id, readerOrgId: nightshift.id }, by);

    const orgIds = { lakeside: lakeside.id, harbor: harbor.id, nightshift: nightshift.id, overread: platform.id };
    for (const [slug, accounts] of Object.entries(demoAccounts) as [keyof typeof orgIds, DemoAccount[]][])
      for (const account of accounts) {
        const isReferrer = account.roles.includes("referring_physician");
        await insertAccount(tx, systemActor(orgIds[slug], by), orgIds[slug], {
          ...account,
          referrerNames: isReferrer ? [normalisePersonName("Almeida^Rosa")] : [],
          passwordHash: hashes.get(account.email)!,
        });
      }
    await furnishReaders(tx, nightshift.id);
    return { loaded: true };
  });
}

/** What the group keeps of the two that read. */
async function furnishReaders(tx: Tx, orgId: string): Promise<void> {
  const [{ now }] = await tx.$queryRaw<[{ now: Date }]>`SELECT now() AS now`;
  const facilities = await tx.facility.findMany({ select: { id: true, timeZone: true } });
  const idOf = async (email: string) => (await tx.user.findFirstOrThrow({ where: { email, orgId } })).id;
  const neuro = await idOf("radiologist@nightshift.example");
  const body = await idOf("radiologist2@nightshift.example");
  await furnishDemoReaders(tx, { orgId, neuro, body }, facilities, now, by);
}
