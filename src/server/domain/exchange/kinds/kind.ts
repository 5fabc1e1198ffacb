import type { z } from "zod";
import type { Ctx } from "#server/context.ts";
import type { Subject, SubjectType } from "../subject.ts";

/** A delivery that was taken, before its content is read. */
export type Taken<Settings = unknown> = { deliveryId: string; settings: Settings; subject: Subject };

/**
 * One way to leave the portal: what a destination of it is, and what is said there. How it travels is the sender's affair: a deliverer of
 * the edge router (`edge-router/src/returns/deliverers`) or a sender of the worker (`src/workers/senders`), under the same name.
 */
export type Kind<Name extends string = string, Settings = unknown, Content = unknown> = {
  kind: Name;
  /** `edge`: the edge router of the destination's facility, inside the hospital's network. `portal`: our own worker. */
  carrier: "edge" | "portal";
  /** Where to, and how: what `destination.settings` must be. Read by it each time, since rows outlive releases. */
  settings: z.ZodType<Settings>;
  /**
   * What of a signed report is owed to such a destination by itself: each of its documents (`instance`), or the version
   * (`report-version`). Notices are recorded by whoever has something to say.
   */
  receives: readonly Exclude<SubjectType, "notice">[];
  /**
   * What the carrier is given to send, by delivery. Read in the tenant's transaction, so it touches nothing but the database; a delivery
   * whose subject is gone has no entry.
   */
  contentOf(ctx: Pick<Ctx, "actor" | "tx">, taken: readonly Taken<Settings>[]): Promise<Map<string, Content>>;
};
