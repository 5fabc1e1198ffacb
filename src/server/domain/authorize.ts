import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { Actor, UserActor } from "#server/context.ts";
import type { Role } from "#server/db/generated/enums.ts";

/** Where a row stands to the caller: read by their group, sent by their hospital, referred by themselves, or simply of their organisation. */
export type Side = "reader" | "hospital" | "referrer" | "organization";

/** What a rule may look at. Both organisations stand on every row that two share. */
export type PolicyRow = {
  orgId: string;
  readerOrgId?: string | null;
  facilityId?: string | null;
  referrerId?: string | null;
};

/** A role may do it to rows on this side. */
export type Grant = readonly [role: Role, side: Side];
export type Rule = {
  people: readonly Grant[];
  /** `system`: the product working for the row's organisation. Any other entry: a token of that organisation with this scope. */
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
 * The policy of one room: a table of who may do what, and the two questions asked of it. Pure.
 *
 * @param see the action that decides whether a row is there at all for the caller.
 * @param notFound the answer for a row that is not: the same as for one that does not exist.
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
    /** May this caller do it to this row (null: to any row at all)? */
    can: (actor: Actor, action: Action, row: PolicyRow | null): boolean => allowed(actor, action, row),
    /** @throws {DomainError} `auth.forbidden` for a row the caller can see, the room's not-found code otherwise. */
    authorize(actor: Actor, action: Action, row: PolicyRow | null): void {
      if (allowed(actor, action, row)) return;
      const visible = !row || see.some((a) => allowed(actor, a, row));
      throw new DomainError(visible ? "auth.forbidden" : notFound);
    },
    /** On which sides the caller may do it at all: what a list narrows its query by. */
    sides(actor: Actor, action: Action): Side[] {
      if (actor.kind !== "user") return [];
      return [...new Set(table[action].people.filter(([role]) => actor.roles.includes(role)).map(([, side]) => side))];
    },
    table,
  };
}
