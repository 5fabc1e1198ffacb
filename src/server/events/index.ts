import { onRevocation } from "#server/auth/revocations.ts";
import type { Mount } from "#server/http/protocol.ts";
import { EventStreams } from "./events.ts";

/** Live updates of open screens: `GET /api/events`. */
export const events: Mount = ({ live, listener }) => {
  const streams = new EventStreams(live);
  onRevocation(listener, (revocation) => streams.lookAt(revocation));
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
