import type { SqlCtx, SystemActor } from "#server/context.ts";
import type { JobName, Payload } from "#server/jobs/catalog.ts";
import type { Log } from "#server/log.ts";

/** A handler's context: the actor, and the run's id for logs and audit. */
export type JobContext = { actor: SystemActor; requestId: string; log: Log; signal: AbortSignal };

/** One job, in transactions of its own. */
export type HandlesOne<N extends JobName> = (context: JobContext, payload: Payload<N>) => Promise<void>;

/**
 * Many jobs of one organisation in one given tenant transaction. It succeeds for all of them or throws; then each is
 * run by itself, so that one failing job does not affect the others.
 */
export type HandlesMany<N extends JobName> = {
  together: (ctx: SqlCtx<SystemActor>, payloads: Payload<N>[]) => Promise<void>;
};

/** A job without a handler, or a handler for no job, does not compile. */
export type Handlers = { [N in JobName]: HandlesOne<N> | HandlesMany<N> };
