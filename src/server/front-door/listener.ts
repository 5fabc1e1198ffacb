import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import { sendError } from "#server/http/answer.ts";
import { clientAddress } from "#server/http/client-address.ts";
import { secure } from "#server/http/headers.ts";
import type { Exchange, Protocol } from "#server/http/protocol.ts";
import { reachedHost } from "#server/http/reached-host.ts";
import { framingProblem, hasBody, receiveBody, refuseAndClose } from "#server/http/request-guard.ts";
import type { Tallies } from "#server/http/tallies.ts";
import type { Log } from "#server/log.ts";

export const pathOf = ({ url = "/" }: IncomingMessage): string => url.split("?", 1)[0] as string;

/**
 * Answers every request of an origin: finds the protocol for the path, does what all protocols need, and hands the
 * request over.
 *
 * @param protocols the first match answers; a path without a protocol is answered with `resource.not-found`.
 */
export function requestListener(
  protocols: readonly Protocol[],
  { log, tallies }: { log: Log; tallies: Tallies },
): RequestListener {
  for (const { name } of protocols) tallies.open(name);
  const refused = new WeakSet<Socket>();
  return (req, res) => {
    const started = performance.now();
    const exchange: Exchange = { req, res, path: pathOf(req), requestId: randomUUID(), log, body: null };
    const protocol = protocols.find(({ match }) => match(exchange.path));
    if (protocol && !protocol.limits.staysOpen)
      res.once("close", () => tallies.observe(protocol.name, res.statusCode, (performance.now() - started) / 1000));
    res.on("error", () => {});
    // Whatever follows a refused request on the same connection is not parsed.
    if (refused.has(req.socket)) return;
    const reason = framingProblem(req);
    if (reason) refused.add(req.socket);
    if (reason) return refuseAndClose(res, 400, `This request cannot be understood in one way only: ${reason}.\n`);
    if (protocol?.answers !== "pages") {
      secure(res);
      res.setHeader("X-Request-Id", exchange.requestId);
    }
    if (protocol?.limits.body.kind !== "streamed" && hasBody(req)) endLate(req, res);
    answer(exchange, protocol).catch((error: unknown) => sendError(res, error, exchange));
  };
}

async function answer(exchange: Exchange, protocol: Protocol | undefined): Promise<void> {
  const { req, res, path } = exchange;
  if (!protocol) throw new DomainError("resource.not-found");
  const { methods, ownNameOnly, body } = protocol.limits;
  if (methods && !methods.includes(req.method ?? "")) {
    if (protocol.answers === "pages") return refuseAndClose(res, 405, "The pages are not asked in this way.\n");
    throw new DomainError("request.invalid", { details: { fields: "method" } });
  }
  if (ownNameOnly && !reachedHost(req)) return refuseAndClose(res, 421, notUnderThisName());
  if (body.kind === "whole" && hasBody(req)) {
    const { timeoutMs } = body;
    const limits = { address: clientAddress(req), limitBytes: body.limitBytes(path), timeoutMs };
    const received = await receiveBody(req, limits);
    if (!received) return;
    if ("status" in received) return refuseAndClose(res, received.status, received.text);
    exchange.body = received.body;
  }
  await protocol.handle(exchange);
}

const notUnderThisName = (): string =>
  `The portal is not reached under this name. Open ${config().http.publicUrl}, or set OVERREAD_PUBLIC_URL to the address that is used.\n`;

/** Ends a request whose body has not arrived in time, whoever reads it. */
function endLate(req: IncomingMessage, res: ServerResponse): void {
  const timer = setTimeout(() => {
    if (!req.complete) refuseAndClose(res, 408, "The request did not arrive in time.\n");
    // Also where the answer was sent before the body had arrived: nobody reads the rest.
    if (!req.complete) req.socket.destroySoon();
  }, smallBodyMs);
  req.once("close", () => clearTimeout(timer));
}
const smallBodyMs = 30_000;
