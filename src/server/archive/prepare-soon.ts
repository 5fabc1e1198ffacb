import { systemActor } from "#server/system-actor.ts";
import { indexStudy } from "./index-study.ts";

/** A study's metadata is prepared after this pause in its arrival. */
const pauseMs = 1500;
/** The most studies that wait; for others the first viewer has the metadata made. */
const limit = 1000;
const waiting = new Map<string, NodeJS.Timeout>();

/**
 * Prepares the metadata of an arriving study as soon as there is a pause, for readers who open it before it is
 * complete. Best effort: nothing depends on it, and the `study.index` job follows.
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

/** Forgets waiting studies: the process or its database connection ends. */
export function stopPreparing(): void {
  for (const timer of waiting.values()) clearTimeout(timer);
  waiting.clear();
}
