import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../../audit/index.ts";
import { newestSheet } from "./current-rule-set.ts";
import type { RestoreRules, SaveRules } from "./inputs.ts";
import { assertOwnThings } from "./own-things.ts";
import { rulesPolicy } from "./policy.ts";
import { type Sheet, sheetSchema } from "./sheet.ts";

/**
 * Puts rules in force, as the version after the one that they were made from.
 *
 * @returns the new version.
 * @throws {DomainError} `user.not-found`, `resource.not-found`, `facility.not-found`, `org.not-found` (a rule names somebody else's), `rules.version-conflict` with `version`, `savedByName`, `savedAt` (another lead saved meanwhile: nothing is
 *   overwritten, here as there), `auth.forbidden`
 */
export async function saveRules(
  ctx: Ctx<UserActor>,
  { basedOn, sheet, note }: SaveRules,
): Promise<{ version: number }> {
  rulesPolicy.authorize(ctx.actor, "rules.save", null);
  await assertOwnThings(ctx, sheet);
  return put(ctx, { basedOn, sheet, note, restoredFrom: null });
}

/**
 * Puts the rules of an earlier version in force again, as a new one: the history keeps what was in between.
 * @throws {DomainError} `resource.not-found` (there is no such version), `rules.version-conflict`, `auth.forbidden`
 */
export async function restoreRules(
  ctx: Ctx<UserActor>,
  { basedOn, version, note }: RestoreRules,
): Promise<{ version: number }> {
  rulesPolicy.authorize(ctx.actor, "rules.save", null);
  const row = await ctx.tx.assignmentRuleSet.findUnique({
    where: { orgId_version: { orgId: ctx.actor.orgId, version } },
    select: { sheet: true },
  });
  if (!row) throw new DomainError("resource.not-found");
  return put(ctx, { basedOn, sheet: sheetSchema.parse(row.sheet), note, restoredFrom: version });
}

async function put(
  ctx: Ctx<UserActor>,
  { basedOn, sheet, note, restoredFrom }: { basedOn: number; sheet: Sheet; note: string; restoredFrom: number | null },
): Promise<{ version: number }> {
  const { tx, actor } = ctx;
  const version = basedOn + 1;
  const { version: newest } = await newestSheet(tx, actor.orgId);
  // Two who save at once both find the same newest; the key lets one of them in.
  const saved =
    newest === basedOn &&
    (await tx.$executeRaw`
      INSERT INTO assignment_rule_set (org_id, version, sheet, note, restored_from, saved_by_id)
      VALUES (${actor.orgId}::uuid, ${version}, ${JSON.stringify(sheet)}::jsonb, ${note}, ${restoredFrom}, ${actor.userId}::uuid)
      ON CONFLICT DO NOTHING`) === 1;
  if (!saved) throw new DomainError("rules.version-conflict", { details: await whoWasFirst(ctx) });
  await audit(ctx, { action: "rules.save", details: { version, rules: sheet.length, restoredFrom } });
  await enqueue(tx, "assignment.run", { orgId: actor.orgId });
  await publish(tx, { topic: "rules.changed", orgIds: [actor.orgId] });
  return { version };
}

async function whoWasFirst({ tx, actor }: Ctx<UserActor>) {
  const [row] = await tx.$queryRaw<{ version: number; savedByName: string; savedAt: Date }[]>`
    SELECT s.version, u.display_name AS "savedByName", s.saved_at AS "savedAt" FROM assignment_rule_set s
    JOIN user_account u ON u.id = s.saved_by_id WHERE s.org_id = ${actor.orgId}::uuid ORDER BY s.version DESC LIMIT 1`;
  return {
    version: row?.version ?? 0,
    savedByName: row?.savedByName ?? "",
    savedAt: row?.savedAt.toISOString() ?? "",
  };
}
