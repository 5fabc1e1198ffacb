import type { EdgeConfig } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { Actor, Ctx, SqlTx } from "#server/context.ts";
import { pacsByFacility } from "../exchange/index.ts";
import { authorizeEdge } from "./policy.ts";

/** The settings of a facility that its edge routers get. */
export type FacilitySettings = {
  id: string;
  slug: string;
  configVersion: number;
  allowedCallingAeTitles: string[];
  calledAeTitles: string[];
  priorAeTitles: string[];
  quietSeconds: number;
};

export const heartbeatSeconds = 15;

/** The facility's settings in the form of the edge contract. */
export async function edgeConfigOf(tx: SqlTx, facility: FacilitySettings): Promise<EdgeConfig> {
  const pacs = await pacsByFacility({ tx }, [facility.id]);
  return {
    version: facility.configVersion,
    facilitySlug: facility.slug,
    allowedCallingAeTitles: facility.allowedCallingAeTitles.includes("*") ? "*" : facility.allowedCallingAeTitles,
    calledAeTitles: facility.calledAeTitles,
    priorAeTitles: facility.priorAeTitles,
    quietSeconds: facility.quietSeconds,
    heartbeatSeconds,
    localPacs: pacs.get(facility.id) ?? null,
  };
}

/** The settings of the calling edge router's facility. */
export async function edgeConfig({ actor, tx }: Ctx<Actor>): Promise<EdgeConfig> {
  const edge = authorizeEdge(actor);
  const facility = await tx.facility.findUnique({ where: { id: edge.facilityId, orgId: edge.orgId } });
  if (!facility) throw new DomainError("facility.not-found");
  return edgeConfigOf(tx, facility);
}
