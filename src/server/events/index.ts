import type { Mount } from "#server/http/protocol.ts";
import { EventStreams } from "./events.ts";

/** Live updates of open screens: `GET /api/events`. */
export const events: Mount = ({ live }) => {
  const streams = new EventStreams(live);
  return {
    name: "events",
    answers: "data",
    match: (path) => path === "/api/events",
    limits: { methods: ["GET", "HEAD"], body: { kind: "small" }, staysOpen: true },
    handle: ({ req, res }) => streams.handle(req, res),
    drain: () => streams.close(),
    gauges: () => [{ name: "event_streams", help: "Screens listening for live updates.", value: streams.count }],
  };
};
