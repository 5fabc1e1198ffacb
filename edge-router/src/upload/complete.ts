import { z } from "zod";
import { backoffMs } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import type { Logger } from "../log.ts";
import type { StudyQueue, StudyRow } from "../spool/faces.ts";

/**
 * Tells the portal of studies that are over: associations ended, quiet for a while, everything held by the
 * archive. Late images make it tell again, with the new count.
 *
 * @returns how many it told of.
 */
export async function tellCompleteStudies(
  studies: StudyQueue,
  portal: Portal,
  quietSeconds: number,
  log: Logger,
): Promise<number> {
  let told = 0;
  for (const study of studies.quietStudies(Date.now(), quietSeconds * 1_000)) if (await tell(study)) told++;
  return told;

  async function tell(study: StudyRow): Promise<boolean> {
    const { studyInstanceUid } = study;
    const instanceCount = studies.heldCount(studyInstanceUid);
    // Nothing of it could be taken; the refused objects are told of on their own.
    if (instanceCount === 0) {
      studies.told(study);
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
      studies.told(study);
      log.info({ studyInstanceUid, instanceCount, purpose: study.purpose }, "study complete");
      return true;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const waitMs = error.retryAfterMs ?? backoffMs(study.attempts + 1);
      studies.tellLater(study, Date.now() + waitMs);
      log.warn({ studyInstanceUid, reason: error.message, waitMs }, "portal could not be told of a complete study");
      return false;
    }
  }
}
