import { DomainError } from "@overread/shared/errors";
import { reportLanguages } from "@overread/shared/report-languages";
import { z } from "zod";
import type { Actor, Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import {
  patientClasses,
  priorities,
  promiseFor,
  type ServiceLevel,
  serviceLevelSchema,
  wallTime,
} from "../assignment/engine/index.ts";
import { audit } from "../audit/index.ts";
import { serviceLevelPolicy } from "./policy.ts";
import { type PriorTermsInForce, priorTermsOf } from "./prior-terms.ts";
import { serviceLevelsOf } from "./versions.ts";

/** What a version says, without whose it is and from when on. */
const ServiceTerms = serviceLevelSchema
  .pick({ holidays: true, lines: true, otherwise: true })
  .extend({
    /** What a case needs first: `preliminary` is gone over by somebody else. */
    firstReading: z.enum(["final", "preliminary", "double"]).default("final"),
    /** That its reports are written in; empty: any. */
    reportLanguage: z
      .string()
      .refine((tag) => tag === "" || Object.hasOwn(reportLanguages, tag), "no language of a report")
      .default(""),
  })
  .refine(({ holidays, lines }) => holidays.length <= 400 && lines.length <= 100, "too many lines or holidays");
/** On the clock on the wall where the contract is read for. */
const WallClock = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/);

/** `validFrom` null: from now on. `basedOn`: the newest version that the caller was shown. */
export const SaveServiceLevel = z.object({
  contractId: z.uuid(),
  basedOn: z.uuid().nullable(),
  validFrom: WallClock.nullable(),
  terms: ServiceTerms,
});
export type SaveServiceLevel = z.output<typeof SaveServiceLevel>;

/** A study that would arrive: what is it promised under these terms? */
export const TryServiceLevel = z.object({
  contractId: z.uuid(),
  terms: ServiceTerms,
  facilityId: z.uuid(),
  modality: z.string().regex(/^[A-Z0-9]{2,16}$/),
  priority: z.enum(priorities),
  patientClass: z.enum(patientClasses),
  arrivesAt: WallClock,
});
export type TryServiceLevel = z.output<typeof TryServiceLevel>;

type Version = z.output<typeof ServiceTerms> & {
  serviceLevelId: string;
  validFrom: string;
  validUntil: string | null;
  /** Cases that arrive now are promised under it. */
  inForce: boolean;
  createdBy: string | null;
  createdAt: string;
};
export type ContractLevels = {
  contractId: string;
  hospital: string;
  group: string;
  /** Null: for all facilities of the hospital. */
  facility: string | null;
  /** Of the start of a version. */
  timeZone: string;
  facilities: { facilityId: string; slug: string; name: string; timeZone: string }[];
  maySave: boolean;
  /** Of studies of other hospitals. */
  priors: PriorTermsInForce;
  /** The newest first. */
  versions: Version[];
};

type ContractRow = {
  contractId: string;
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  hospital: string;
  group: string;
  timeZone: string;
};

/** What the contracts of the caller's organisation promise, in all versions. @throws {DomainError} `auth.forbidden` */
export async function listServiceLevels(ctx: Ctx): Promise<ContractLevels[]> {
  const { actor, tx, now } = ctx;
  serviceLevelPolicy.authorize(actor, "service-level.read", null);
  const contracts = (await contractsOf(ctx)).filter((row) => serviceLevelPolicy.can(actor, "service-level.read", row));
  const versions = await serviceLevelsOf(ctx, { contractIds: contracts.map(({ contractId }) => contractId) });
  const priors = await priorTermsOf(
    ctx,
    contracts.map(({ contractId }) => contractId),
  );
  const facilities = await tx.facility.findMany({ orderBy: { name: "asc" } });
  return contracts.map(({ contractId, orgId, readerOrgId, facilityId, ...contract }) => ({
    ...contract,
    contractId,
    facility: facilities.find(({ id }) => id === facilityId)?.name ?? null,
    facilities: facilities
      .filter((each) => each.orgId === orgId && (facilityId === null || each.id === facilityId))
      .map(({ id, slug, name, timeZone }) => ({ facilityId: id, slug, name, timeZone })),
    maySave: serviceLevelPolicy.can(actor, "service-level.save", { orgId, readerOrgId, facilityId }),
    priors: priors.get(contractId) as PriorTermsInForce,
    versions: versions
      .filter((each) => each.contractId === contractId)
      .map(({ id, contractId: _, validFrom, validUntil, createdBy, createdAt, ...terms }) => ({
        serviceLevelId: id,
        validFrom: new Date(validFrom).toISOString(),
        validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
        inForce: validFrom <= now.getTime() && (validUntil ?? Number.POSITIVE_INFINITY) > now.getTime(),
        ...terms,
        createdBy,
        createdAt: createdAt.toISOString(),
      }))
      .reverse(),
  }));
}

/**
 * Writes the version that holds from a moment of the future on, or from now. What was promised before stays as it was promised.
 * @throws {DomainError} `service-level.version-conflict` (somebody wrote one meanwhile), `request.invalid` (it would begin in the past, or names
 *   a facility that is not the hospital's), `contract.not-found`, `auth.forbidden`
 */
export async function saveServiceLevel(
  ctx: Ctx,
  { contractId, basedOn, validFrom, terms }: SaveServiceLevel,
): Promise<{ serviceLevelId: string }> {
  const { actor, tx, now } = ctx;
  const contract = await contractFor(ctx, contractId, "service-level.save");
  // Two who save together: the second sees the first one's version.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${contractId}, 7))::text AS locked`;
  const [newest] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM service_level WHERE contract_id = ${contractId}::uuid ORDER BY id DESC LIMIT 1`;
  if ((newest?.id ?? null) !== basedOn) throw new DomainError("service-level.version-conflict");
  const known = new Set((await facilitiesOf(ctx, contract)).map(({ id }) => id));
  if ([...terms.lines, ...terms.holidays].some(({ facilityIds }) => facilityIds.some((id) => !known.has(id))))
    throw new DomainError("request.invalid", { details: { fields: "facilityIds" } });
  // A millisecond is what the column keeps; rounding it down would be the past.
  const from = validFrom === null ? now.getTime() + 1 : instantOf(validFrom, contract.timeZone);
  if (from <= now.getTime()) throw new DomainError("request.invalid", { details: { fields: "validFrom" } });
  const { id } = await tx.serviceLevel.create({
    data: {
      contractId,
      orgId: contract.orgId,
      readerOrgId: contract.readerOrgId,
      validFrom: new Date(from),
      ...terms,
      createdById: actor.kind === "user" ? actor.userId : null,
    },
    select: { id: true },
  });
  await audit(ctx, {
    action: "service-level.save",
    orgId: contract.orgId,
    details: { contractId, serviceLevelId: id, validFrom: new Date(from).toISOString(), lines: terms.lines.length },
  });
  await publish(tx, { topic: "service-level.changed", orgIds: [contract.orgId, contract.readerOrgId] });
  return { serviceLevelId: id };
}

type Answer = { line: number | null; minutes: number; dueAt: string };

/**
 * What a study is promised that arrives then: under these terms, and under those that hold at that moment. Changes nothing.
 * @throws {DomainError} `contract.not-found`, `facility.not-found`, `auth.forbidden`
 */
export async function tryServiceLevel(
  ctx: Ctx,
  { contractId, terms, facilityId, modality, arrivesAt, ...classes }: TryServiceLevel,
): Promise<{ timeZone: string; then: Answer; asItStands: Answer | null }> {
  const contract = await contractFor(ctx, contractId, "service-level.read");
  const facility = (await facilitiesOf(ctx, contract)).find(({ id }) => id === facilityId);
  if (!facility) throw new DomainError("facility.not-found");
  const { timeZone } = facility;
  const arrivedAt = instantOf(arrivesAt, timeZone);
  const arrival = { ...classes, facilityId, timeZone, modalities: [modality], arrivedAt };
  const answer = (versions: readonly ServiceLevel[]): Answer | null => {
    const promised = promiseFor(arrival, versions);
    return (
      promised && { line: promised.line, minutes: promised.minutes, dueAt: new Date(promised.promisedAt).toISOString() }
    );
  };
  const then = answer([{ ...terms, id: "tried", contractId, validFrom: arrivedAt, validUntil: null }]);
  if (!then) throw new Error("terms that hold always promise something");
  return { timeZone, then, asItStands: answer(await serviceLevelsOf(ctx, { contractIds: [contractId] })) };
}

/** Those that have not ended. */
function contractsOf({ tx }: Pick<Ctx, "tx">): Promise<ContractRow[]> {
  return tx.$queryRaw<ContractRow[]>`
    SELECT c.id AS "contractId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.facility_id AS "facilityId", h.name AS hospital, g.name AS "group",
      coalesce(f.time_zone, (SELECT min(own.time_zone) FROM facility own WHERE own.org_id = c.org_id HAVING count(DISTINCT own.time_zone) = 1), h.time_zone) AS "timeZone"
    FROM contract c JOIN organization h ON h.id = c.org_id JOIN organization g ON g.id = c.reader_org_id LEFT JOIN facility f ON f.id = c.facility_id
    WHERE c.ends_at IS NULL OR c.ends_at > now() ORDER BY h.name, g.name, c.facility_id NULLS FIRST, c.starts_at, c.id`;
}

async function contractFor(
  ctx: Pick<Ctx, "tx"> & { actor: Actor },
  contractId: string,
  action: "service-level.read" | "service-level.save",
): Promise<ContractRow> {
  const contract = (await contractsOf(ctx)).find((each) => each.contractId === contractId);
  if (!contract) throw new DomainError("contract.not-found");
  serviceLevelPolicy.authorize(ctx.actor, action, contract);
  return contract;
}

const facilitiesOf = ({ tx }: Pick<Ctx, "tx">, { orgId, facilityId }: ContractRow) =>
  tx.facility.findMany({
    where: { orgId, ...(facilityId ? { id: facilityId } : {}) },
    select: { id: true, timeZone: true },
  });

/** When the clock on the wall shows this; of an hour that the clocks skip, the moment they do. */
function instantOf(wall: string, timeZone: string): number {
  const wanted = Date.parse(`${wall}Z`);
  let at = wanted;
  // Twice, since the first guess may lie on the other side of a change of the clocks.
  for (let round = 0; round < 2; round++) {
    const { date, minute } = wallTime(at, timeZone);
    at += wanted - (Date.parse(`${date}T00:00Z`) + minute * 60_000);
  }
  return at;
}
