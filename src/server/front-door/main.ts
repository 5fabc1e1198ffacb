import { sweepStorage } from "#server/archive/index.ts";
import { config } from "#server/config.ts";
import { closeDatabase } from "#server/db/clients.ts";
import { createLog } from "#server/log.ts";
import { type FrontDoor, openFrontDoor } from "./front-door.ts";

/** The dicomweb process, which is also the front door: `node src/server/front-door/main.ts`. */
const { http, log: logging } = config();
const log = createLog("dicomweb", logging.level);

const remedy = "Put a proxy with TLS before it, and set OVERREAD_PUBLIC_URL=https://… and OVERREAD_BEHIND_PROXY=1";
if (http.readableOnTheWay && !http.plainAllowed) {
  log.fatal(
    { host: http.host },
    `other machines would reach the portal by plain http, where passwords and images can be read on the way: it does not start. ${remedy}; or, on a network that is trusted whole, set OVERREAD_ALLOW_PLAIN_HTTP=1`,
  );
  process.exit(1);
}
if (http.readableOnTheWay)
  log.warn(
    { host: http.host },
    `other machines reach the portal by plain http: passwords and images can be read on the way. ${remedy}`,
  );

const door = await openFrontDoor({ host: http.host, port: http.port, log }).catch((error: NodeJS.ErrnoException) => {
  const inUse = error.code === "EADDRINUSE";
  log.fatal(
    { code: error.code },
    inUse
      ? `port ${http.port} is in use: stop the other program, or set OVERREAD_PORT to another port`
      : `cannot listen on ${http.host}:${http.port}`,
  );
  process.exit(1);
});
log.info({ host: http.host, port: door.port }, "front door open");
// Requests need not wait for the clean-up after a crash.
sweepStorage().then(
  (swept) => log.info(swept, "storage swept"),
  (error) => log.warn({ err: error }, "the storage could not be swept"),
);

let stopping = false;
async function stop(open: FrontDoor, signal: string): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  log.info({ signal }, "front door closing");
  await open.stop();
  await closeDatabase();
  process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(door, signal));
