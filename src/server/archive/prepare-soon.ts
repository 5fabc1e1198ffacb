import { systemActor } from "#server/system-actor.ts";
import { indexStudy } from "./index-study.ts";

/** A pause in the arrival of a study after which its metadata is prepared. */
const pauseMs = 1500;
/** Studies that wait; beyond, the first viewer makes what he asks for. */
const limit = 1000;
const waiting = new Map<string, NodeJS.Timeout>();

/**
 * Prepares the metadata of a study that is arriving as soon as there is a pause, so that whoever opens it before it is
 * complete need not wait either. Best effort: nothing depends on it, and the `study.index` job comes at the end.
 */
export function prepareSoon(orgId: string, studyId: string): void {
  const known = waiting.get(studyId);
  if (known) {
    known.refresh();
    return;
  }
  if (waiting.size >= limit) return;
  const timer = setTimeout(() => {
    waiting.delete(studyId);
    indexStudy(systemActor(orgId, "archive"), { studyId }).catch(() => {});
  }, pauseMs);
  timer.unref();
  waiting.set(studyId, timer);
}

/** Forgets what waits: the process ends, or its database does. */
export function stopPreparing(): void {
  for (const timer of waiting.values()) clearTimeout(timer);
  waiting.clear();
}
