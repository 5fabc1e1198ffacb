import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { startAuditWriter } from "#server/audit/index.ts";
import { forgetTokens } from "#server/auth/api-token.ts";
import { onRevocation } from "#server/auth/revocations.ts";
import { DatabaseListener } from "#server/db/listener.ts";
import type { SharedServices } from "#server/http/protocol.ts";
import { shareAllowances } from "#server/http/rate-limit.ts";
import { Tallies } from "#server/http/tallies.ts";
import { LiveSubscriber } from "#server/live/subscriber.ts";
import type { Log } from "#server/log.ts";
import { pathOf, requestListener } from "./listener.ts";
import { protocols } from "./protocols.ts";

export type FrontDoor = {
  port: number;
  /** Stops accepting requests, finishes running ones (at most `deadlineMs`), and closes connections. */
  stop(deadlineMs?: number): Promise<void>;
};

/**
 * The one origin of the portal: the protocols of `protocols.ts` behind one listener. Image data passes through this
 * process only; pages and tRPC are proxied to Next.
 *
 * @throws the listener's error, e.g. with code EADDRINUSE
 */
export async function openFrontDoor({ host, port, log }: { host: string; port: number; log: Log }): Promise<FrontDoor> {
  let draining = false;
  const listener = new DatabaseListener("overread_auth", log);
  const services: SharedServices = {
    log,
    live: new LiveSubscriber(listener),
    listener,
    tallies: new Tallies(),
    draining: () => draining,
    gauges: () => mounted.flatMap(({ gauges }) => gauges?.() ?? []),
  };
  // Before the protocols: what they look up after a revocation must not come from this cache.
  onRevocation(services.listener, forgetTokens);
  const sharing = shareAllowances(services.listener);
  const mounted = protocols.map((mount) => mount(services));

  const server = createServer(
    { connectionsCheckingInterval: 5000, shouldUpgradeCallback: isWebSocket },
    requestListener(mounted, services),
  );
  // The server stops tracking a connection once it is upgraded, but waits for it to close.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (req, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    const path = pathOf(req);
    const protocol = mounted.find(({ match }) => match(path));
    if (protocol?.upgrade) protocol.upgrade(req, socket, head);
    else socket.destroy();
  });
  server.headersTimeout = 20_000;
  // A study of many gigabytes over a slow line is one request; STOW has an idle limit of its own.
  server.requestTimeout = 6 * 3_600_000;
  server.keepAliveTimeout = 65_000;

  await listen(server, host, port);
  services.listener.start();
  sharing.start();
  for (const { start } of mounted) start?.();
  const auditWriter = startAuditWriter(log);
  return {
    port: (server.address() as AddressInfo).port,
    async stop(deadlineMs = 15_000) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { drain } of mounted) drain?.();
      for (const socket of upgraded) socket.destroy();
      // A kept-alive connection is idle only after its last answer has been sent.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const impatient = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearInterval(idle);
      clearTimeout(impatient);
      sharing.close();
      await services.listener.close();
      for (const { close } of mounted) close?.();
      await auditWriter.stop();
    },
  };
}

/**
 * What else a client offers to speak is passed over and the request answered as it stands (RFC 9110 §7.8): Java's client offers h2c with
 * every first request over http. Who asks for a WebSocket has nothing else to say.
 */
const isWebSocket = ({ headers }: IncomingMessage): boolean => /^\s*websocket\s*$/i.test(headers.upgrade ?? "");

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
