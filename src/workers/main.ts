import { closePicturePool } from "#server/archive/index.ts";
import { config } from "#server/config.ts";
import { closeDatabase } from "#server/db/clients.ts";
import { createLog } from "#server/log.ts";
import { handlers } from "./handlers/index.ts";
import { startWorker } from "./worker.ts";

/** The worker process: relays what was committed, runs the jobs and the schedules. */
const log = createLog("worker", config().log.level);
const worker = startWorker(handlers, log);
log.info("worker is running");

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "worker is stopping");
  // A job that does not end in time is run again by the next worker.
  const limit = setTimeout(() => process.exit(1), 20_000);
  await worker.stop();
  await closePicturePool();
  await closeDatabase();
  clearTimeout(limit);
  log.info("worker has stopped");
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));
// After an uncaught error the state is unknown: exits and is restarted; the outbox has the running jobs.
process.on("uncaughtException", (error) => {
  log.fatal({ name: error.name, stack: error.stack?.split("\n").slice(1, 6) }, "worker ends on an unexpected fault");
  process.exit(1);
});
