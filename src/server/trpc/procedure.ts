import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { inputHasHiddenCharacters } from "@overread/shared/hidden-characters";
import { initTRPC, TRPCError } from "@trpc/server";
import { z } from "zod";
import { assertGoodPassword, NewPassword } from "#server/auth/new-password.ts";
import { hashPassword } from "#server/auth/password.ts";
import { Proof, type ProvenAct } from "#server/auth/proof/index.ts";
import type { Actor, Ctx, UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { audit, chainOwnReads } from "#server/domain/audit/index.ts";
import { errorTable, toDomainError } from "#server/errors.ts";

/** The context of a request: the caller, and how to re-authenticate before signing. */
export type TrpcContext = {
  actor: Actor | null;
  requestId: string;
  /** The request's source address, for the audit trail. */
  address: string;
  /** `auth/proof`. Slow by design, so it runs before any transaction opens. */
  prove: (actor: UserActor, given: Proof, act?: ProvenAct) => Promise<void>;
};

/**
 * `cleansText`: the procedure accepts text that people wrote or pasted, and removes invisible characters instead of
 * refusing it.
 */
type Meta = { cleansText?: boolean };

const t = initTRPC
  .context<TrpcContext>()
  .meta<Meta>()
  .create({
    isDev: false,
    isServer: true,
    errorFormatter({ shape, error, type }) {
      const known = domainErrorOf(error);
      // Only codes and safe details leave; an error's text may quote a query or a value.
      return {
        ...shape,
        message: known.code,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          // An unknown procedure's name may be any text.
          ...(type === "unknown" ? {} : { path: shape.data.path }),
          appCode: known.code,
          details: known.details,
        },
      };
    },
  });

/** The DomainError for a tRPC error; for invalid input it names the fields, never their values. */
function domainErrorOf(error: TRPCError): DomainError {
  if (error.cause instanceof z.ZodError) {
    const fields = error.cause.issues.map((issue) => issue.path.join(".") || "input");
    return new DomainError("request.invalid", { details: { fields: [...new Set(fields)].join(", ") } });
  }
  const known = toDomainError(error);
  if (known.code !== "internal") return known;
  if (error.code === "UNAUTHORIZED") return new DomainError("auth.required");
  if (error.code === "PAYLOAD_TOO_LARGE") return new DomainError("request.too-large");
  if (error.code === "UNSUPPORTED_MEDIA_TYPE") return new DomainError("request.unsupported-media-type");
  const callersFault = ["BAD_REQUEST", "PARSE_ERROR", "NOT_FOUND", "METHOD_NOT_SUPPORTED"].includes(error.code);
  return callersFault ? new DomainError("request.invalid") : known;
}

function toTrpcError(error: unknown): TRPCError {
  // tRPC's own errors (input, method) keep their code; the text of anything else is for the log only.
  if (error instanceof TRPCError && error.code !== "INTERNAL_SERVER_ERROR" && !(error.cause instanceof DomainError))
    return error;
  const known = toDomainError(error);
  return new TRPCError({ code: errorTable[known.code].trpc, message: known.code, cause: known });
}

/**
 * Input consisting of options may be omitted from a request. Its type stays the object, so that clients can refer to
 * its parts.
 */
export function optionalInput<S extends z.ZodType>(schema: S): S {
  return schema.prefault({} as z.input<S>) as unknown as S;
}

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/**
 * Refuses NUL, other control characters and direction overrides in any input: Postgres accepts no NUL, and names must
 * read as they are. One place for all procedures.
 */
const plainProcedure = t.procedure.use(async ({ meta, getRawInput, next }) => {
  if (!meta?.cleansText && inputHasHiddenCharacters(await getRawInput()))
    throw toTrpcError(new DomainError("request.invalid", { details: { reason: "hidden-characters" } }));
  return next();
});

/** For callers who cannot have signed in yet: holders of an invitation link. */
export const publicProcedure = plainProcedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw toTrpcError(result.error);
  return result;
});

/** A signed-in person, without a transaction. For procedures that do something slow before theirs. */
export const personProcedure = plainProcedure.use(async ({ ctx, next }) => {
  if (!ctx.actor) throw toTrpcError(new DomainError("auth.required"));
  // Programs use DICOMweb and FHIR with scopes of their own; tRPC is for people.
  if (ctx.actor.kind !== "user") throw toTrpcError(new DomainError("auth.forbidden"));
  return next({ ctx: { actor: ctx.actor, requestId: ctx.requestId || randomUUID() } });
});

/**
 * For what takes long: reads in the caller's transaction, which is over before the work begins.
 * @param path of the procedure, for the trail of what was refused.
 */
export async function readFirst<T>(
  { actor, requestId }: { actor: UserActor; requestId: string },
  path: string,
  read: (ctx: Ctx<UserActor>) => Promise<T>,
): Promise<T> {
  try {
    return await withTenant(actor, read, { requestId, idempotent: true });
  } catch (error) {
    await auditRefusal(actor, requestId, path, toDomainError(error).code);
    throw toTrpcError(error);
  }
}

/** Runs everything after it in the caller's tenant transaction; an error rolls it back. */
const openTenant = t.middleware(async ({ ctx, next, path, type }) => {
  const actor = ctx.actor as UserActor;
  try {
    return await withTenant(
      actor,
      async (tenant: Ctx<UserActor>) => {
        const result = await next({ ctx: tenant });
        if (!result.ok) throw result.error; // next() reports failure as a value; only a throw rolls back
        return result;
      },
      { requestId: ctx.requestId, idempotent: type === "query" },
    );
  } catch (error) {
    await auditRefusal(actor, ctx.requestId, path, toDomainError(error).code).catch((failed: unknown) => {
      throw toTrpcError(failed);
    });
    throw toTrpcError(error);
  }
});

/** Audits a forbidden attempt, although the attempt itself was rolled back. */
async function auditRefusal(actor: UserActor, requestId: string, path: string, code: string): Promise<void> {
  if (code !== "auth.forbidden" && !code.endsWith(".not-found")) return;
  await withTenant(
    actor,
    (ctx) => audit(ctx, { action: "access.refused", outcome: "refused", details: { procedure: path, code } }),
    { requestId },
  );
}

/** The usual procedure: a signed-in person, in one transaction of that person's organisation. */
export const tenantProcedure = personProcedure.use(openTenant);

/** The same for reading the audit trail: waiting reads are chained first. */
export const auditedProcedure = personProcedure
  .use(async ({ ctx, next }) => {
    await withTenant(ctx.actor, chainOwnReads, { requestId: ctx.requestId }).catch((error: unknown) => {
      throw toTrpcError(error);
    });
    return next();
  })
  .use(openTenant);

/** Re-authenticates, without a transaction. */
const proven = (act: ProvenAct) =>
  personProcedure.input(Proof).use(async ({ ctx, input, next }) => {
    try {
      await ctx.prove(ctx.actor, input, act);
    } catch (error) {
      throw toTrpcError(error);
    }
    return next({ ctx: { actor: ctx.actor, requestId: ctx.requestId } });
  });

/** As tenantProcedure, for acts that require re-authentication, such as signing. */
export const provenProcedure = proven("sign").use(openTenant);

/**
 * The same for changing the password, which is also allowed with an initial password that somebody else knows. The new
 * password is checked and hashed before the transaction opens; both take processor time.
 */
export const newPasswordProcedure = proven("change-password")
  .input(z.object({ newPassword: NewPassword }))
  .use(async ({ ctx, input: { password, newPassword }, next }) => {
    const { email, displayName, orgSlug } = ctx.actor;
    try {
      assertGoodPassword(newPassword, { present: password, about: [email, displayName, orgSlug] });
    } catch (error) {
      throw toTrpcError(error);
    }
    return next({ ctx: { passwordHash: await hashPassword(newPassword) } });
  })
  .use(openTenant);
