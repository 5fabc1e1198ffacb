import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
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

type SavedLadder = { version: number; steps: readonly Step[]; by: string; at: Date };

/** The caller's group's ladder, and who saved which one when, the newest first. @throws {DomainError} `auth.forbidden` */
export async function readLadder(
  ctx: Ctx<UserActor>,
): Promise<Ladder & { usual: readonly Step[]; history: SavedLadder[] }> {
  const { actor, tx } = ctx;
  escalationPolicy.authorize(actor, "ladder.read", null);
  const ladder = (await laddersOf({ tx }, [actor.orgId]))(actor.orgId);
  const rows = await tx.$queryRaw<{ version: number; steps: unknown; by: string | null; at: Date }[]>`
    SELECT version, steps, staff_name(saved_by_id) AS by, saved_at AS at FROM escalation_ladder_version
    WHERE org_id = ${actor.orgId}::uuid ORDER BY version DESC LIMIT 100`;
  // What a newer release saved and this one cannot read is left out.
  const history = rows.flatMap(({ steps, by, ...row }) => {
    const parsed = ladderSchema.safeParse(steps);
    return parsed.success ? [{ ...row, steps: parsed.data, by: by ?? "" }] : [];
  });
  return { ...ladder, usual: usualLadder, history };
}

export const ladderSteps = ladderSchema.refine(
  (steps) => new Set(steps.map(stepKey)).size === steps.length,
  "two steps are the same",
);
export const SaveLadder = z.object({
  steps: ladderSteps,
  /** Of the ladder that was shown. */
  version: z.int().min(0),
});
export type SaveLadder = z.output<typeof SaveLadder>;

/**
 * Saves the group's ladder. Steps that were taken for a case stay taken; what is due by the new ladder is found by the next sweep.
 * @throws {DomainError} `escalation.version-conflict` with `version`, `savedByName`, `savedAt` (somebody else saved meanwhile: nothing is overwritten),
 *   `auth.forbidden`
 */
export async function saveLadder(ctx: Ctx<UserActor>, { steps, version }: SaveLadder): Promise<{ version: number }> {
  const { actor, tx } = ctx;
  escalationPolicy.authorize(actor, "ladder.save", null);
  const sorted = steps.toSorted((a, b) => a.percent - b.percent);
  const [row] = await tx.$queryRaw<{ version: number }[]>`
    INSERT INTO escalation_ladder AS l (org_id, steps, version, saved_by_id)
    SELECT ${actor.orgId}::uuid, ${JSON.stringify(sorted)}::jsonb, 1, ${actor.userId}::uuid
    WHERE ${version}::int = 0 OR EXISTS (SELECT 1 FROM escalation_ladder o WHERE o.org_id = ${actor.orgId}::uuid)
    ON CONFLICT (org_id) DO UPDATE SET steps = excluded.steps, version = l.version + 1, saved_by_id = excluded.saved_by_id, saved_at = clock_timestamp()
      WHERE l.version = ${version}::int
    RETURNING l.version`;
  if (!row) throw new DomainError("escalation.version-conflict", { details: await whoWasFirst(ctx) });
  await tx.$executeRaw`
    INSERT INTO escalation_ladder_version (org_id, version, steps, saved_by_id)
    VALUES (${actor.orgId}::uuid, ${row.version}::int, ${JSON.stringify(sorted)}::jsonb, ${actor.userId}::uuid)`;
  await audit(ctx, {
    action: "escalation.save",
    details: { version: row.version, steps: sorted.map(stepKey).join(" ") },
  });
  await publish(tx, { topic: "rules.changed", orgIds: [actor.orgId] });
  return row;
}

async function whoWasFirst({ tx, actor }: Ctx<UserActor>) {
  const [row] = await tx.$queryRaw<{ version: number; by: string | null; at: Date }[]>`
    SELECT version, staff_name(saved_by_id) AS by, saved_at AS at FROM escalation_ladder WHERE org_id = ${actor.orgId}::uuid`;
  return { version: row?.version ?? 0, savedByName: row?.by ?? "", savedAt: row?.at.toISOString() ?? "" };
}
