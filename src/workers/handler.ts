import type { SqlCtx, SystemActor } from "#server/context.ts";
import type { JobName, Payload } from "#server/jobs/catalog.ts";
import type { Log } from "#server/log.ts";

/** What a handler gets beside its payload: who it acts as, and which run its traces belong to. */
export type JobContext = { actor: SystemActor; requestId: string; log: Log; signal: AbortSignal };

/** One job, in transactions of its own. */
export type HandlesOne<N extends JobName> = (context: JobContext, payload: Payload<N>) => Promise<void>;

/**
 * Many jobs of one organisation in one transaction of the tenant, which is given. It answers for all of them or throws; then each is
 * run by itself, so that one that cannot be done takes no other along.
 */
export type HandlesMany<N extends JobName> = {
  together: (ctx: SqlCtx<SystemActor>, payloads: Payload<N>[]) => Promise<void>;
};

/** A job without a handler, or a handler for no job, does not compile. */
export type Handlers = { [N in JobName]: HandlesOne<N> | HandlesMany<N> };
