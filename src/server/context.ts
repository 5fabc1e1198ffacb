import type { Prisma } from "#server/db/generated/client.ts";
import type { OrganizationKind, Role } from "#server/db/generated/enums.ts";

/** A person at the portal. */
export type UserActor = {
  kind: "user";
  userId: string;
  orgId: string;
  orgSlug: string;
  orgKind: OrganizationKind;
  roles: Role[];
  /** Empty: every facility of the organisation. */
  facilityIds: string[];
  displayName: string;
  email: string;
  sessionId: string;
};
/** A program with a bearer token: an integration, or an edge router (`edgeId`, `facilityId` set). */
export type TokenActor = {
  kind: "token";
  tokenId: string;
  orgId: string;
  orgSlug: string;
  scopes: string[];
  name: string;
  edgeId: string | null;
  facilityId: string | null;
};
/** The product itself, working for one organisation. */
export type SystemActor = { kind: "system"; orgId: string; name: string };
export type Actor = UserActor | TokenActor | SystemActor;

export type Tx = Prisma.TransactionClient;

/** The subset of a transaction that hand-written SQL needs, common to Prisma's and to `withTenantSql`'s. */
export type SqlTx = {
  $queryRaw<T = unknown>(query: TemplateStringsArray, ...values: unknown[]): Promise<T>;
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): Promise<number>;
  $queryRawUnsafe<T = unknown>(query: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
};

/** The argument of every verb: the actor, the tenant's transaction, the database's time, and the request id. */
export type Ctx<A extends Actor = Actor> = { actor: A; tx: Tx; now: Date; requestId: string };

/** The same for verbs that use SQL only; a {@link Ctx} is accepted too. */
export type SqlCtx<A extends Actor = Actor> = Omit<Ctx<A>, "tx"> & { tx: SqlTx };
