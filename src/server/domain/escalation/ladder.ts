import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import { ladderSchema, type Step, stepKey, usualLadder } from "../assignment/index.ts";
import { audit } from "../audit/index.ts";
import { escalationPolicy } from "./policy.ts";

export type Ladder = { steps: readonly Step[] /** 0: nobody has saved one. */; version: number };

/** The ladders of these reading groups; the usual one where none was saved. */
export async function laddersOf({ tx }: Pick<SqlCtx, "tx">, orgIds: string[]): Promise<(orgId: string) => Ladder> {
  const rows = await tx.$queryRaw<{ orgId: string; steps: unknown; version: number }[]>`
    SELECT org_id::text AS "orgId", steps, version FROM escalation_ladder WHERE org_id = ANY(${[...new Set(orgIds)]}::uuid[])`;
  const saved = new Map(
    rows.map(({ orgId, steps, version }) => {
      // A row of a newer release that this one cannot read must not silence everybody.
      const parsed = ladderSchema.safeParse(steps);
      return [orgId, { steps: parsed.success ? parsed.data : usualLadder, version }];
    }),
  );
  return (orgId) => saved.get(orgId) ?? { steps: usualLadder, version: 0 };
}

/** The caller's group's ladder. @throws {DomainError} `auth.forbidden` */
export async function readLadder(
  ctx: Ctx<UserActor>,
): Promise<Ladder & { usual: readonly Step[]; saved: { by: string; at: Date } | null }> {
  const { actor, tx } = ctx;
  escalationPolicy.authorize(actor, "ladder.read", null);
  const ladder = (await laddersOf({ tx }, [actor.orgId]))(actor.orgId);
  const [saved] = await tx.$queryRaw<{ by: string | null; at: Date }[]>`
    SELECT staff_name(saved_by_id) AS by, saved_at AS at FROM escalation_ladder WHERE org_id = ${actor.orgId}::uuid`;
  return { ...ladder, usual: usualLadder, saved: saved ? { by: saved.by ?? "", at: saved.at } : null };
}

export const SaveLadder = z.object({
  steps: ladderSchema.refine((steps) => new Set(steps.map(stepKey)).size === steps.length, "two steps are the same"),
  /** Of the ladder that was shown. */
  version: z.int().min(0),
});
export type SaveLadder = z.output<typeof SaveLadder>;

/**
 * Saves the group's ladder. Steps that were taken for a case stay taken; what is due by the new ladder is found by the next sweep.
 * @throws {DomainError} `escalation.version-conflict` (somebody else saved meanwhile), `auth.forbidden`
 */
export async function saveLadder(ctx: Ctx<UserActor>, { steps, version }: SaveLadder): Promise<{ version: number }> {
  const { actor, tx } = ctx;
  escalationPolicy.authorize(actor, "ladder.save", null);
  const sorted = steps.toSorted((a, b) => a.percent - b.percent);
  const [row] = await tx.$queryRaw<{ version: number }[]>`
    INSERT INTO escalation_ladder AS l (org_id, steps, version, saved_by_id)
    SELECT ${actor.orgId}::uuid, ${JSON.stringify(sorted)}::jsonb, 1, ${actor.userId}::uuid WHERE ${version}::int >= 0
    ON CONFLICT (org_id) DO UPDATE SET steps = excluded.steps, version = l.version + 1, saved_by_id = excluded.saved_by_id, saved_at = clock_timestamp()
      WHERE l.version = ${version}::int
    RETURNING l.version`;
  if (!row) throw new DomainError("escalation.version-conflict");
  await audit(ctx, {
    action: "escalation.save",
    details: { version: row.version, steps: sorted.map(stepKey).join(" ") },
  });
  return row;
}
