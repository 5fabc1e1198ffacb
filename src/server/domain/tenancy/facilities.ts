import { isAeTitle, trimAeTitle } from "@overread/shared/dicom/ae-title";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import { config } from "#server/config.ts";
import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { pacsByFacility, setPacs } from "../exchange/index.ts";
import { isPacsHost } from "./host-address.ts";
import { tenancyPolicy } from "./policy.ts";

/**
 * Where the portal itself is reached by loopback (a demo, a development machine), the hospital's PACS may run on this
 * machine too.
 */
const isLocalPacsHost = (host: string): boolean => {
  const portal = new URL(config().http.publicUrl).hostname.replace(/^\[|\]$/g, "");
  return isPacsHost(host, { loopback: !isPacsHost(portal, { loopback: false }) });
};

const aeTitle = z.string().transform(trimAeTitle).refine(isAeTitle, "no AE title");

export const UpdateFacility = z.object({
  facilitySlug: z.string(),
  name: z.string().trim().min(1).max(120).optional(),
  timeZone: z
    .string()
    .refine((zone) => Intl.supportedValuesOf("timeZone").includes(zone) || zone === "UTC", "unknown time zone")
    .optional(),
  /** `["*"]`: any; otherwise the modalities' AE titles. */
  allowedCallingAeTitles: z
    .array(z.union([z.literal("*"), aeTitle]))
    .max(200)
    .optional(),
  calledAeTitles: z.array(aeTitle).min(1).max(20).optional(),
  priorAeTitles: z.array(aeTitle).max(20).optional(),
  quietSeconds: z.number().int().min(1).max(3600).optional(),
  localPacs: z
    .object({
      aeTitle,
      host: z.string().trim().min(1).max(253).refine(isLocalPacsHost, "no host of a PACS"),
      port: z.number().int().min(1).max(65535),
    })
    .nullable()
    .optional(),
  /** The referring physician who gets the studies that name none; null: nobody. */
  defaultReferrerId: z.uuid().nullable().optional(),
  /** Its technologists check studies before they are read. */
  techCheck: z.boolean().optional(),
  /** Of the reminders of a question that the site does not answer (reading/remind-site.ts); 0: none. */
  questionReminderMinutes: z.number().int().min(0).max(10_080).optional(),
  /** Whose licence reading for it takes, ISO 3166: `GB`, `DE-BY`, `US-NY`. Empty: no licence rule. */
  jurisdiction: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$/)
    .optional(),
});
export type UpdateFacility = z.infer<typeof UpdateFacility>;

type FacilitySettingsView = {
  jurisdiction: string;
  allowedCallingAeTitles: string[];
  calledAeTitles: string[];
  priorAeTitles: string[];
  quietSeconds: number;
  questionReminderMinutes: number;
  localPacs: { aeTitle: string; host: string; port: number } | null;
  /** One of `referrers`; null: a study that names no referring physician is shared with nobody. */
  defaultReferrerId: string | null;
  /** The accounts that may be chosen. */
  referrers: Referrer[];
  configVersion: number;
};
type Referrer = { userId: string; displayName: string };
export type FacilityListItem = {
  slug: string;
  name: string;
  timeZone: string;
  orgName: string;
  /** Its technologists check studies before they are read. */
  techCheck: boolean;
  /** Only for those who may change them. */
  settings: FacilitySettingsView | null;
};

/** The facilities a person works with: their hospital's, or those that their reading group reads for. */
export async function listFacilities({ actor, tx }: Ctx): Promise<FacilityListItem[]> {
  tenancyPolicy.authorize(actor, "facility.list", null);
  const facilities = await tx.facility.findMany({ orderBy: { name: "asc" } });
  const pacs = await pacsByFacility(
    { tx },
    facilities.map(({ id }) => id),
  );
  const orgs = new Map((await tx.organization.findMany()).map((org) => [org.id, org.name]));
  const referrers = tenancyPolicy.can(actor, "facility.manage", null) ? await referrersOf({ actor, tx }) : [];
  return facilities
    .filter(({ id, orgId }) => {
      // Row-level security shows the partners' facilities to a reading group; of the own ones, those within the
      // caller's remit.
      return orgId !== actor.orgId || tenancyPolicy.can(actor, "facility.list", { orgId, facilityId: id });
    })
    .map((facility) => {
      const row = { orgId: facility.orgId, facilityId: facility.id };
      const { slug, name, timeZone, techCheck } = facility;
      const orgName = orgs.get(facility.orgId) ?? "";
      if (!tenancyPolicy.can(actor, "facility.manage", row))
        return { slug, name, timeZone, orgName, techCheck, settings: null };
      const {
        allowedCallingAeTitles,
        calledAeTitles,
        priorAeTitles,
        quietSeconds,
        questionReminderMinutes,
        configVersion,
      } = facility;
      const settings = {
        jurisdiction: facility.jurisdiction,
        allowedCallingAeTitles,
        calledAeTitles,
        priorAeTitles,
        quietSeconds,
        questionReminderMinutes,
        localPacs: pacs.get(facility.id) ?? null,
        defaultReferrerId: facility.defaultReferrerId,
        referrers,
        configVersion,
      };
      return { slug, name, timeZone, orgName, techCheck, settings };
    });
}

/**
 * Changes a facility's settings. Its edge routers fetch them after their next heartbeat.
 *
 * @throws {DomainError} `auth.forbidden`, `facility.not-found` (also for one that is not the caller's),
 * `request.invalid` (the default referrer is no referring physician of the hospital)
 */
export async function updateFacility(
  ctx: Ctx,
  { facilitySlug, ...change }: UpdateFacility,
): Promise<{ configVersion: number }> {
  const { actor, tx } = ctx;
  tenancyPolicy.authorize(actor, "facility.manage", null);
  const facility = await tx.facility.findUnique({ where: { orgId_slug: { orgId: actor.orgId, slug: facilitySlug } } });
  const row = facility && { orgId: facility.orgId, facilityId: facility.id };
  if (!row || !tenancyPolicy.can(actor, "facility.manage", row)) throw new DomainError("facility.not-found");
  const { localPacs, ...plain } = change;
  const chosen = change.defaultReferrerId;
  // The previous choice may stay in a form that changes something else.
  if (
    chosen &&
    chosen !== facility.defaultReferrerId &&
    !(await referrersOf(ctx)).some(({ userId }) => userId === chosen)
  )
    throw new DomainError("request.invalid", { details: { fields: "defaultReferrerId" } });
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  const { configVersion } = await tx.facility.update({
    where: { id: facility.id },
    data: { ...given, configVersion: { increment: 1 } },
    select: { configVersion: true },
  });
  if (localPacs !== undefined) await setPacs(tx, { orgId: facility.orgId, facilityId: facility.id }, localPacs);
  // For the first PACS and for a changed one alike: reports never sent there are sent now.
  if (localPacs) await enqueue(tx, "facility.deliver-earlier", { orgId: facility.orgId, facilityId: facility.id });
  const changed = Object.keys(change).join(" ");
  const isOther = chosen !== undefined && chosen !== facility.defaultReferrerId;
  await audit(ctx, {
    action: "facility.update",
    details: {
      facilityId: facility.id,
      changed,
      configVersion,
      ...(isOther && { defaultReferrerId: chosen ?? "none" }),
    },
  });
  await publish(tx, { topic: "edge.changed", orgIds: [facility.orgId] });
  return { configVersion };
}

/** The referring physicians of the caller's hospital. */
async function referrersOf({ actor, tx }: Pick<Ctx, "actor" | "tx">): Promise<Referrer[]> {
  const people = await tx.user.findMany({
    where: { orgId: actor.orgId, deactivatedAt: null, roles: { has: "referring_physician" } },
    orderBy: { displayName: "asc" },
    select: { id: true, displayName: true },
  });
  return people.map(({ id, displayName }) => ({ userId: id, displayName }));
}
