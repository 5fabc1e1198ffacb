import type { Tx } from "#server/context.ts";
import { appendAs } from "../audit/index.ts";
import { setPacs } from "../exchange/index.ts";
import { assertVisible } from "./create-organization.ts";

export type NewFacility = {
  slug: string;
  name: string;
  timeZone?: string;
  /** `["*"]` accepts every calling AE title. Nothing is accepted by default. */
  allowedCallingAeTitles?: string[];
  calledAeTitles?: string[];
  priorAeTitles?: string[];
  quietSeconds?: number;
  /** Whose licence reading for it takes, ISO 3166; empty: no licence rule. */
  jurisdiction?: string;
  localPacs?: { aeTitle: string; host: string; port: number } | null;
};

/**
 * Adds a facility to a hospital organisation. For operators: `tx` comes from `withMaintenance`.
 *
 * @throws {DomainError} `request.invalid`: a name is empty, too long, or contains invisible characters.
 */
export async function createFacility(tx: Tx, orgId: string, input: NewFacility, by: string): Promise<{ id: string }> {
  const { slug, name, allowedCallingAeTitles, calledAeTitles, priorAeTitles, localPacs } = input;
  const localAeTitle = localPacs?.aeTitle;
  assertVisible({ slug, name, allowedCallingAeTitles, calledAeTitles, priorAeTitles, localAeTitle });
  const facility = await tx.facility.create({
    data: {
      orgId,
      slug: input.slug,
      name: input.name,
      timeZone: input.timeZone ?? "UTC",
      jurisdiction: input.jurisdiction ?? "",
      allowedCallingAeTitles: input.allowedCallingAeTitles ?? [],
      calledAeTitles: input.calledAeTitles ?? ["OVERREAD"],
      priorAeTitles: input.priorAeTitles ?? [],
      ...(input.quietSeconds === undefined ? {} : { quietSeconds: input.quietSeconds }),
    },
    select: { id: true },
  });
  if (localPacs) await setPacs(tx, { orgId, facilityId: facility.id }, localPacs);
  await appendAs(
    tx,
    { kind: "system", orgId, name: by },
    {
      action: "facility.update",
      details: { facilityId: facility.id, slug: input.slug, created: true },
    },
  );
  return facility;
}
