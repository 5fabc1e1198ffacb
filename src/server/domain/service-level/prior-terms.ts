import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, SqlCtx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { serviceLevelPolicy } from "./policy.ts";

/** `basedOn`: the newest version that the caller was shown; null: there was none. */
export const SavePriorTerms = z.object({
  contractId: z.uuid(),
  basedOn: z.uuid().nullable(),
  lends: z.boolean(),
  borrows: z.boolean(),
});
export type SavePriorTerms = z.output<typeof SavePriorTerms>;

/** What a contract says of priors. Without a version: neither. */
export type PriorTermsInForce = {
  priorTermsId: string | null;
  lends: boolean;
  borrows: boolean;
  by: string | null;
  at: string | null;
};

/** The newest version of each contract. Asks no policy; the database shows them to both sides of the contract. */
export async function priorTermsOf(
  { tx }: Pick<SqlCtx, "tx">,
  contractIds: string[],
): Promise<Map<string, PriorTermsInForce>> {
  type Row = { contractId: string; id: string; lends: boolean; borrows: boolean; by: string | null; at: Date };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT DISTINCT ON (contract_id) contract_id AS "contractId", id, lends, borrows, staff_name(created_by_id) AS by, created_at AS at
    FROM prior_terms WHERE contract_id = ANY(${contractIds}::uuid[]) ORDER BY contract_id, id DESC`;
  const none = { priorTermsId: null, lends: false, borrows: false, by: null, at: null };
  const known = rows.map(({ contractId, id, at, ...row }): [string, PriorTermsInForce] => [
    contractId,
    { priorTermsId: id, ...row, at: at.toISOString() },
  ]);
  return new Map([...contractIds.map((id): [string, PriorTermsInForce] => [id, none]), ...known]);
}

/**
 * Says whether the hospital's studies are lent, and whether its cases are read with those of others; a new version, in force at once: what
 * was lent under the old one is not readable any more when this returns.
 *
 * @throws {DomainError} `service-level.version-conflict` (somebody wrote one meanwhile), `contract.not-found`, `auth.forbidden`
 */
export async function savePriorTerms(
  ctx: Ctx,
  { contractId, basedOn, lends, borrows }: SavePriorTerms,
): Promise<{ priorTermsId: string }> {
  const { actor, tx } = ctx;
  const [contract] = await tx.$queryRaw<{ orgId: string; readerOrgId: string; facilityId: string | null }[]>`
    SELECT org_id AS "orgId", reader_org_id AS "readerOrgId", facility_id AS "facilityId" FROM contract
    WHERE id = ${contractId}::uuid AND (ends_at IS NULL OR ends_at > now())`;
  if (!contract || actor.kind !== "user") throw new DomainError("contract.not-found");
  serviceLevelPolicy.authorize(actor, "service-level.save", contract);
  // Two who save together: the second sees the first one's version.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${contractId}, 8))::text AS locked`;
  const before = (await priorTermsOf(ctx, [contractId])).get(contractId);
  if ((before?.priorTermsId ?? null) !== basedOn) throw new DomainError("service-level.version-conflict");
  const { orgId, readerOrgId } = contract;
  const { id } = await tx.priorTerms.create({
    data: { contractId, orgId, readerOrgId, lends, borrows, createdById: actor.userId },
    select: { id: true },
  });
  await audit(ctx, { action: "prior-terms.save", orgId, details: { contractId, priorTermsId: id, lends, borrows } });
  await publish(tx, { topic: "service-level.changed", orgIds: [orgId, readerOrgId] });
  return { priorTermsId: id };
}
