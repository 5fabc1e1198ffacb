import { z } from "zod";
import { backoffMs } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import type { Logger } from "../log.ts";
import type { StudyRow } from "../spool/index-db.ts";
import type { Spool } from "../spool/spool.ts";

/**
 * Tells the portal of studies that are over: associations ended, quiet for a while, everything held by the
 * archive. Late images make it tell again, with the new count.
 *
 * @returns how many it told of.
 */
export async function tellCompleteStudies(
  spool: Spool,
  portal: Portal,
  quietSeconds: number,
  log: Logger,
): Promise<number> {
  let told = 0;
  for (const study of spool.quietStudies(Date.now(), quietSeconds * 1_000)) if (await tell(study)) told++;
  return told;

  async function tell(study: StudyRow): Promise<boolean> {
    const { studyInstanceUid } = study;
    const instanceCount = spool.index.heldCount(studyInstanceUid);
    // Nothing of it could be taken; the refused objects are told of on their own.
    if (instanceCount === 0) {
      spool.outgoing.told(study);
      return false;
    }
    try {
      await portal.call(z.unknown(), "POST", "/studies/complete", {
        studyInstanceUid,
        purpose: study.purpose,
        instanceCount,
        callingAeTitle: study.callingAeTitle,
        firstReceivedAt: new Date(study.firstReceivedAt).toISOString(),
        lastReceivedAt: new Date(study.lastReceivedAt).toISOString(),
      });
      spool.outgoing.told(study);
      log.info({ studyInstanceUid, instanceCount, purpose: study.purpose }, "study complete");
      return true;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const waitMs = error.retryAfterMs ?? backoffMs(study.attempts + 1);
      spool.outgoing.tellLater(study, Date.now() + waitMs);
      log.warn({ studyInstanceUid, reason: error.message, waitMs }, "portal could not be told of a complete study");
      return false;
    }
  }
}
