import type { RequestListener } from "node:http";
import { config } from "#server/config.ts";
import { DatabaseListener } from "#server/db/listener.ts";
import { dicomweb } from "#server/dicomweb/index.ts";
import { requestListener } from "#server/front-door/listener.ts";
import { Tallies } from "#server/http/tallies.ts";
import { LiveSubscriber } from "#server/live/subscriber.ts";
import { createLog } from "#server/log.ts";

/** DICOMweb as the front door mounts it, without the other protocols and what they need. */
export function answerDicomweb(): RequestListener {
  const log = createLog("dicomweb", config().log.level);
  const listener = new DatabaseListener("overread_auth", log);
  const services = {
    log,
    live: new LiveSubscriber(listener),
    listener,
    tallies: new Tallies(),
    draining: () => false,
    gauges: () => [],
  };
  return requestListener([dicomweb(services)], services);
}
