import { MOST_REFUSED } from "@overread/shared/edge-contract/v1";
import { z } from "zod";
import { backoffMs } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import type { Logger } from "../log.ts";
import type { RefusalList } from "../spool/faces.ts";

/** Keeps the portal's list of what was refused here the same as ours: the whole list, whenever it has changed. */
export class RefusalTeller {
  readonly #refusals: RefusalList;
  readonly #portal: Portal;
  readonly #log: Logger;
  #toldRevision = 0;
  #attempts = 0;
  #notBefore = 0;

  constructor(refusals: RefusalList, portal: Portal, log: Logger) {
    this.#refusals = refusals;
    this.#portal = portal;
    this.#log = log;
  }

  /** @returns whether the portal knows all there is. */
  async tell(): Promise<boolean> {
    const { revision } = this.#refusals;
    if (revision === this.#toldRevision) return true;
    if (Date.now() < this.#notBefore) return false;
    const objects = this.#refusals.list(MOST_REFUSED).map(({ at, sopInstanceUid, studyInstanceUid, ...rest }) => ({
      ...rest,
      ...(sopInstanceUid ? { sopInstanceUid } : {}),
      ...(studyInstanceUid ? { studyInstanceUid } : {}),
      receivedAt: new Date(at).toISOString(),
    }));
    try {
      await this.#portal.call(z.unknown(), "POST", "/refused", { total: this.#refusals.count(), objects });
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      // A portal of an earlier release knows nothing of this; its studies are told of as before.
      const isOld = error.kind === "refused" && (error.status === 400 || error.status === 404);
      if (!isOld) {
        this.#notBefore = Date.now() + (error.retryAfterMs ?? backoffMs(++this.#attempts));
        this.#log.warn({ reason: error.message }, "portal could not be told of refused objects");
        return false;
      }
    }
    this.#attempts = 0;
    this.#toldRevision = revision;
    return revision === this.#refusals.revision;
  }
}
