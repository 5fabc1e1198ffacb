import type { SystemActor } from "#server/context.ts";

/**
 * The product itself, working for one organisation: jobs, sweeps, operator commands.
 *
 * @param name what the audit trail shows, e.g. `worker` or `cli`.
 */
export function systemActor(orgId: string, name: string): SystemActor {
  return { kind: "system", orgId, name };
}
