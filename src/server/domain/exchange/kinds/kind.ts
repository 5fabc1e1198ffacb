import type { z } from "zod";
import type { Ctx } from "#server/context.ts";
import type { Subject, SubjectType } from "../subject.ts";

/** A delivery that was taken, without its content. */
export type Taken<Settings = unknown> = { deliveryId: string; settings: Settings; subject: Subject };

/**
 * One kind of delivery: the settings of its destinations and the content that is sent. Sending itself is done by a
 * deliverer of the edge router (`edge-router/src/returns/deliverers`) or a sender of the worker (`src/workers/senders`)
 * of the same name.
 */
export type Kind<Name extends string = string, Settings = unknown, Content = unknown> = {
  kind: Name;
  /** `edge`: the edge router of the destination's facility, inside the hospital's network. `portal`: our own worker. */
  carrier: "edge" | "portal";
  /** Schema of `destination.settings`. Applied at every read, since rows outlive releases. */
  settings: z.ZodType<Settings>;
  /**
   * What of a signed report such a destination gets automatically: each of its documents (`instance`), or the version
   * (`report-version`). Notices are recorded by their own callers.
   */
  receives: readonly Exclude<SubjectType, "notice">[];
  /**
   * The content to send, by delivery. Runs in the tenant's transaction, so it uses the database only; a delivery whose
   * subject no longer exists has no entry.
   */
  contentOf(ctx: Pick<Ctx, "actor" | "tx">, taken: readonly Taken<Settings>[]): Promise<Map<string, Content>>;
};
