import type { Log } from "#server/log.ts";

/** Periodic work. A run that is late or fails is harmless: the next one does all of it again. */
export type Schedule = {
  name: string;
  everyMs: number;
  /** The first run is delayed by this. */
  firstAfterMs?: number;
  /** @param signal aborted when the process is asked to stop. */
  run: (signal: AbortSignal) => Promise<void>;
};

/**
 * Runs each schedule now, or after its delay, and then every `everyMs`, never twice at once.
 *
 * @returns a function that stops, and resolves when running work has ended.
 */
export function runSchedules(schedules: Schedule[], log: Log): () => Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  for (const { name, everyMs, firstAfterMs, run } of schedules) {
    const once = () => {
      if (running.has(name)) return;
      const promise = run(stopping.signal)
        .catch((error: unknown) =>
          log.warn({ schedule: name, reason: error instanceof Error ? error.name : "unknown" }, "schedule put off"),
        )
        .finally(() => running.delete(name));
      running.set(name, promise);
    };
    if (firstAfterMs) timers.push(setTimeout(once, firstAfterMs));
    else once();
    timers.push(setInterval(once, everyMs));
  }
  return async () => {
    stopping.abort();
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running.values());
  };
}
