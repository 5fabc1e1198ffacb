import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { type CheckedRules, checkedBy } from "./check-rules.ts";
import { newestSheet } from "./current-rule-set.ts";
import type { RulesVersion } from "./inputs.ts";
import { rulesPolicy } from "./policy.ts";
import { type RuleChoices, ruleChoices } from "./rule-choices.ts";
import { type Sheet, sheetSchema } from "./sheet.ts";

type SavedRules = {
  version: number;
  note: string;
  restoredFrom: number | null;
  savedAt: string;
  savedBy: string;
  rules: number;
  /** How many of them are switched on. */
  on: number;
};

/** The rules in force, and who saved which version when, the newest first. */
export async function listRules(
  ctx: Ctx<UserActor>,
): Promise<{ version: number; sheet: Sheet; checked: CheckedRules; choices: RuleChoices; history: SavedRules[] }> {
  const { tx, actor, now } = ctx;
  rulesPolicy.authorize(actor, "rules.read", null);
  const { version, sheet } = await newestSheet(tx, actor.orgId);
  const rows = await tx.$queryRaw<(Omit<SavedRules, "savedAt"> & { savedAt: Date })[]>`
    SELECT s.version, s.note, s.restored_from AS "restoredFrom", s.saved_at AS "savedAt", u.display_name AS "savedBy",
      jsonb_array_length(s.sheet) AS rules,
      (SELECT count(*)::int FROM jsonb_array_elements(s.sheet) e WHERE (e->>'on')::boolean) AS "on"
    FROM assignment_rule_set s JOIN user_account u ON u.id = s.saved_by_id
    WHERE s.org_id = ${actor.orgId}::uuid ORDER BY s.version DESC LIMIT 200`;
  const choices = await ruleChoices(tx, actor.orgId);
  return {
    version,
    sheet: sheetSchema.parse(sheet),
    checked: await checkedBy(tx, actor.orgId, now, sheet, choices),
    choices,
    history: rows.map((row) => ({ ...row, savedAt: row.savedAt.toISOString() })),
  };
}

/** The rules of one version. @throws {DomainError} `resource.not-found`, `auth.forbidden` */
export async function readRules(
  { tx, actor, now }: Ctx<UserActor>,
  { version }: RulesVersion,
): Promise<{ version: number; sheet: Sheet; sentences: string[] }> {
  rulesPolicy.authorize(actor, "rules.read", null);
  const row = await tx.assignmentRuleSet.findUnique({
    where: { orgId_version: { orgId: actor.orgId, version } },
    select: { sheet: true },
  });
  if (!row) throw new DomainError("resource.not-found");
  const sheet = sheetSchema.parse(row.sheet);
  const { sentences } = await checkedBy(tx, actor.orgId, now, sheet, await ruleChoices(tx, actor.orgId));
  return { version, sheet, sentences };
}
