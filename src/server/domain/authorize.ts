import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { Actor, UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";

/**
 * How a row relates to the caller: read by their group, sent by their hospital, referred by them, or belonging to their
 * organisation.
 */
export type Side = "reader" | "hospital" | "referrer" | "organization";

/** The columns a rule may use. A row shared by two organisations names both. */
export type PolicyRow = {
  orgId: string;
  readerOrgId?: string | null;
  facilityId?: string | null;
  referrerId?: string | null;
};

/** Roles that may do it to rows on this side. */
type Grant = readonly [role: Role, side: Side];
export type Rule = {
  people: readonly Grant[];
  /**
   * `system`: the product working for the row's organisation. Any other entry: a token of that organisation with this
   * scope.
   */
  machines?: readonly string[];
};

function stands(actor: UserActor, side: Side, row: PolicyRow): boolean {
  switch (side) {
    case "reader":
      return row.readerOrgId === actor.orgId;
    case "hospital":
      return (
        row.orgId === actor.orgId &&
        (actor.facilityIds.length === 0 || (!!row.facilityId && actor.facilityIds.includes(row.facilityId)))
      );
    case "referrer":
      return row.orgId === actor.orgId && row.referrerId === actor.userId;
    case "organization":
      return row.orgId === actor.orgId;
  }
}

/**
 * The policy of one module: a table of who may do what, and the questions asked of it. Pure.
 *
 * @param see the action that decides whether a row exists for the caller at all.
 * @param notFound the error code for a row that does not: the same as for one that does not exist.
 */
export function makePolicy<Action extends string>(
  table: Record<Action, Rule>,
  { see, notFound }: { see: NoInfer<Action>[]; notFound: ErrorCode },
) {
  function allowed(actor: Actor, action: Action, row: PolicyRow | null): boolean {
    const rule = table[action];
    if (actor.kind === "user")
      return rule.people.some(([role, side]) => actor.roles.includes(role) && (!row || stands(actor, side, row)));
    if (row && row.orgId !== actor.orgId) return false;
    if (actor.kind === "system") return rule.machines?.includes("system") ?? false;
    return actor.scopes.some((scope) => rule.machines?.includes(scope));
  }
  return {
    /** Whether this caller may do it to this row (null: to any row at all). */
    can: (actor: Actor, action: Action, row: PolicyRow | null): boolean => allowed(actor, action, row),
    /** @throws {DomainError} `auth.forbidden` for a row the caller can see, the module's not-found code otherwise. */
    authorize(actor: Actor, action: Action, row: PolicyRow | null): void {
      if (allowed(actor, action, row)) return;
      const visible = !row || see.some((a) => allowed(actor, a, row));
      throw new DomainError(visible ? "auth.forbidden" : notFound);
    },
    /** The sides on which the caller may do it at all; a list restricts its query to these. */
    sides(actor: Actor, action: Action): Side[] {
      if (actor.kind !== "user") return [];
      return [...new Set(table[action].people.filter(([role]) => actor.roles.includes(role)).map(([, side]) => side))];
    },
    table,
  };
}
