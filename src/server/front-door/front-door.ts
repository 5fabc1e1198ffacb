import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { EDGE_API } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import { dicomwebHandler } from "#server/dicomweb/router.ts";
import { quarantinedFile, quarantinedFilePath } from "#server/downloads/quarantined-file.ts";
import { reportPdf, reportPdfPath } from "#server/downloads/reports-pdf.ts";
import { edgeControl } from "#server/edge-api/edge-control.ts";
import { EventStreams } from "#server/events/events.ts";
import { fhir } from "#server/fhir/fhir.ts";
import { sendError, sendJson } from "#server/http/answer.ts";
import { secure } from "#server/http/headers.ts";
import { LiveSubscriber } from "#server/live/subscriber.ts";
import type { Log } from "#server/log.ts";
import { Health } from "./health.ts";
import { type Door, metrics, observe } from "./metrics.ts";
import { ambiguity, hasBody, refuseAndClose } from "./request-guard.ts";
import { toWeb, upgradeToWeb } from "./web-proxy.ts";

export type FrontDoor = {
  port: number;
  /** Takes no more, finishes what runs (at most `deadlineMs`), lets go of Redis. */
  stop(deadlineMs?: number): Promise<void>;
};

/**
 * The one origin of the portal: DICOMweb, edge control, live events, health and reports are answered here, pages and
 * tRPC by Next behind it. Image data passes through this process alone.
 *
 * @throws the listener's error, e.g. with code EADDRINUSE
 */
export async function openFrontDoor({ host, port, log }: { host: string; port: number; log: Log }): Promise<FrontDoor> {
  const live = new LiveSubscriber(log);
  const streams = new EventStreams(live);
  const health = new Health();
  let draining = false;

  async function answer(door: Door, req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    secure(res);
    const only = (method: string) => {
      if (req.method !== method && !(method === "GET" && req.method === "HEAD"))
        throw new DomainError("request.invalid", { details: { fields: "method" } });
    };
    switch (door) {
      case "dicomweb":
        if (!(await dicomwebHandler(req, res)))
          throw new DomainError("request.invalid", { details: { fields: "path" } });
        return;
      case "edge":
        await edgeControl(req, res, live);
        return;
      case "events":
        only("GET");
        return streams.handle(req, res);
      case "report":
        only("GET");
        return reportPdf(req, res, path);
      case "quarantine":
        only("GET");
        return quarantinedFile(req, res, path);
      case "health": {
        only("GET");
        if (path === "/metrics") return metrics(req, res, streams.count);
        if (path === "/api/health/live") return sendJson(res, { ok: true });
        const readiness = await health.ready();
        const ok = readiness.ok && !draining;
        return sendJson(res, { ...readiness, ok }, { status: ok ? 200 : 503 });
      }
      default:
        return fhir(req, res);
    }
  }

  const refused = new WeakSet<Socket>();
  const server = createServer({ connectionsCheckingInterval: 5000 }, (req, res) => {
    const started = performance.now();
    const path = (req.url ?? "/").split("?", 1)[0]!;
    const door = doorOf(path);
    res.once("close", () => {
      // Neither the address nor anything in it: both may name a patient.
      if (door !== "events") observe(door, res.statusCode, (performance.now() - started) / 1000);
    });
    res.on("error", () => {});
    // What stands behind a refused request on the same connection is not looked at.
    if (refused.has(req.socket)) return;
    const reason = ambiguity(req);
    if (reason) refused.add(req.socket);
    if (reason) return refuseAndClose(res, 400, `This request cannot be understood in one way only: ${reason}.\n`);
    // Images take the time they take, and are watched where they are received; everything else is small.
    if (door !== "dicomweb" && hasBody(req)) endLate(req, res);
    if (door === "web") void toWeb(req, res);
    else
      answer(door, req, res, path).catch((error: unknown) => sendError(res, error, { log, requestId: randomUUID() }));
  });
  // The server forgets a connection once it is upgraded, yet waits for it to close.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (req, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    if (doorOf((req.url ?? "/").split("?", 1)[0]!) === "web") upgradeToWeb(req, socket, head);
    else socket.destroy();
  });
  server.headersTimeout = 20_000;
  // A study of many gigabytes over a thin line is one request; the receiving room has an idle limit of its own.
  server.requestTimeout = 6 * 3_600_000;
  server.keepAliveTimeout = 65_000;

  await listen(server, host, port);
  live.start();
  health.start();
  return {
    port: (server.address() as AddressInfo).port,
    async stop(deadlineMs = 15_000) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      streams.close();
      for (const socket of upgraded) socket.destroy();
      // A kept-alive connection is idle only once its last answer is out.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const impatient = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearInterval(idle);
      clearTimeout(impatient);
      live.close();
      health.close();
    },
  };
}

/** Ends a request whose body has not arrived in time, whoever was to read it. */
function endLate(req: IncomingMessage, res: ServerResponse): void {
  const timer = setTimeout(() => {
    if (!req.complete) refuseAndClose(res, 408, "The request did not arrive in time.\n");
    // Also where an answer went out before the body was in: nobody waits for the rest.
    if (!req.complete) req.socket.destroySoon();
  }, smallBodyMs);
  req.once("close", () => clearTimeout(timer));
}
const smallBodyMs = 30_000;

function doorOf(path: string): Door {
  if (path.startsWith("/dicomweb/") || path === "/dicomweb") return "dicomweb";
  if (path.startsWith(`${EDGE_API}/`) || path === EDGE_API) return "edge";
  if (path === "/api/events") return "events";
  if (path === "/api/health/live" || path === "/api/health/ready" || path === "/metrics") return "health";
  if (reportPdfPath.test(path)) return "report";
  if (quarantinedFilePath.test(path)) return "quarantine";
  if (path.startsWith("/fhir/R4/") || path === "/fhir/R4") return "other";
  return "web";
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
