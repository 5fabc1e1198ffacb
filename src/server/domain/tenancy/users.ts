import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Actor, Ctx } from "#server/context.ts";
import { type OrganizationKind, Role } from "#server/db/generated/enums.ts";
import { audit } from "../audit/index.ts";
import { insertAccount } from "./create-account.ts";
import { tenancyPolicy, withinRemit } from "./policy.ts";
import { endAllSessions } from "./sessions.ts";

/** The roles an organisation can grant. Platform operators are created on the server only. */
const rolesOf: Record<OrganizationKind, readonly Role[]> = {
  hospital: ["site_admin", "technologist", "referring_physician"],
  reading_group: ["site_admin", "radiologist", "worklist_manager"],
  platform: [],
};

export const CreateUser = z.object({
  email: z.email().max(200),
  displayName: z.string().trim().min(1).max(120),
  personName: z.string().max(190).optional(),
  qualification: z.string().max(60).optional(),
  roles: z.array(z.enum(Role)).min(1).max(6),
  facilitySlugs: z.array(z.string()).max(50).default([]),
  /** The PN values by which studies identify this physician as the referrer, e.g. `Almeida^Rosa`. */
  referrerNames: z.array(z.string().max(190)).max(20).default([]),
});
export type CreateUser = z.output<typeof CreateUser>;

export type UserListItem = {
  userId: string;
  email: string;
  displayName: string;
  qualification: string;
  roles: Role[];
  facilitySlugs: string[];
  lastSeenAt: Date | null;
  createdAt: Date;
  deactivatedAt: Date | null;
  /** No password has been set yet: the invitation can be made again. */
  invited: boolean;
  /** What the caller may do with the account now. */
  can: { invite: boolean; resetLink: boolean; close: boolean };
};

/** The accounts of the caller's organisation, and the roles it can grant. */
export async function listUsers({
  actor,
  tx,
}: Ctx): Promise<{ items: UserListItem[]; assignableRoles: readonly Role[] }> {
  tenancyPolicy.authorize(actor, "user.manage", null);
  const users = await tx.user.findMany({ where: { orgId: actor.orgId }, orderBy: { displayName: "asc" } });
  const slugs = new Map((await tx.facility.findMany({ where: { orgId: actor.orgId } })).map((f) => [f.id, f.slug]));
  const seen = new Map(
    (await tx.session.groupBy({ by: ["userId"], where: { orgId: actor.orgId }, _max: { lastSeenAt: true } })).map(
      (s) => [s.userId, s._max.lastSeenAt],
    ),
  );
  const ready = new Set(
    (await tx.credential.findMany({ where: { orgId: actor.orgId }, select: { userId: true } })).map((c) => c.userId),
  );
  const items = users.map((user) => {
    const open = mayLookAfter(actor, user) && !user.deactivatedAt;
    const invited = !ready.has(user.id) && !user.deactivatedAt;
    return {
      userId: user.id,
      email: user.email,
      displayName: user.displayName,
      qualification: user.qualification,
      roles: user.roles,
      facilitySlugs: user.facilityIds.flatMap((id) => slugs.get(id) ?? []),
      lastSeenAt: seen.get(user.id) ?? null,
      createdAt: user.createdAt,
      deactivatedAt: user.deactivatedAt,
      invited,
      can: { invite: open && invited, resetLink: open && !invited && mayHaveResetLink(user), close: open },
    };
  });
  return { items, assignableRoles: actor.kind === "user" ? rolesOf[actor.orgKind] : [] };
}

/**
 * Creates an account in the caller's organisation, without a password: an invitation lets the person set one. No mail
 * is sent; the administrator passes the link on.
 *
 * @throws {DomainError} `auth.forbidden` (also for a role this organisation cannot grant), `facility.not-found`,
 * `user.email-taken`
 */
export async function createUser(
  { actor, tx, requestId }: Ctx,
  { facilitySlugs, ...account }: CreateUser,
): Promise<{ userId: string }> {
  tenancyPolicy.authorize(actor, "user.manage", null);
  const assignable = actor.kind === "user" ? rolesOf[actor.orgKind] : [];
  if (!account.roles.every((role) => assignable.includes(role))) throw new DomainError("auth.forbidden");
  const facilities = await tx.facility.findMany({ where: { orgId: actor.orgId, slug: { in: facilitySlugs } } });
  if (facilities.length !== new Set(facilitySlugs).size) throw new DomainError("facility.not-found");
  const facilityIds = facilities.map((facility) => facility.id);
  if (!withinRemit(actor, facilityIds)) throw new DomainError("auth.forbidden");
  const { id } = await insertAccount(tx, actor, actor.orgId, { ...account, facilityIds }, requestId);
  return { userId: id };
}

/** A colleague's account within the caller's remit. @throws {DomainError} `user.not-found`, `auth.forbidden` */
export async function findColleague({ actor, tx }: Ctx, userId: string) {
  tenancyPolicy.authorize(actor, "user.manage", null);
  const user = await tx.user.findUnique({ where: { id: userId } });
  if (!user) throw new DomainError("user.not-found");
  tenancyPolicy.authorize(actor, "user.manage", user);
  if (!mayLookAfter(actor, user)) throw new DomainError("auth.forbidden");
  return user;
}

/** Another's account, whose remit lies inside the caller's. */
function mayLookAfter(actor: Actor, user: { id: string; facilityIds: string[] }): boolean {
  const oneself = actor.kind === "user" && actor.userId === user.id;
  return !oneself && withinRemit(actor, user.facilityIds);
}

/** An operator of the platform is let in again at the server alone. */
export const mayHaveResetLink = ({ roles }: { roles: readonly Role[] }): boolean =>
  !roles.includes("platform_operator");

/**
 * Deactivates an account and ends all its sessions at once. What the person did and signed stays attributed.
 * Idempotent.
 *
 * @throws {DomainError} `user.not-found`; `auth.forbidden` for one whose remit is wider, and for oneself, so that no
 * organisation loses its last administrator.
 */
export async function deactivateUser(ctx: Ctx, { userId }: { userId: string }): Promise<void> {
  const { tx } = ctx;
  const user = await findColleague(ctx, userId);
  if (user.deactivatedAt) return;
  await tx.$executeRaw`UPDATE user_account SET deactivated_at = now() WHERE id = ${userId}::uuid`;
  await endAllSessions(tx, userId);
  await audit(ctx, { action: "user.deactivate", details: { userId } });
}
