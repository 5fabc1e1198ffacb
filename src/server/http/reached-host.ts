import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import { config } from "#server/config.ts";

/**
 * The host and port under which a caller reached the portal, for URLs in answers and for the check that a form comes
 * from our own pages. A Host header is trusted only when it is the portal's public name, this machine's own, or the
 * address that the connection was made to.
 *
 * @returns undefined for any other name.
 */
export function reachedHost(req: IncomingMessage): string | undefined {
  const { behindProxy, publicUrl } = config().http;
  const usual = new URL(publicUrl);
  const forwarded = behindProxy ? [req.headers["x-forwarded-host"]].flat()[0] : undefined;
  if (forwarded !== undefined) return /^[\w.:[\]-]{1,255}$/.test(forwarded) ? forwarded : undefined;
  const host = req.headers.host?.toLowerCase();
  if (host === undefined || host === usual.host) return usual.host;
  const [, name = "", port] = /^(\[[0-9a-f:]+\]|[^:[\]]+)(:\d{1,5})?$/.exec(host) ?? [];
  if (![...machineNames, addressName(req), usual.hostname].includes(name)) return undefined;
  if (port || behindProxy) return host;
  // A Host without a port means the default port.
  const { localPort = 80 } = req.socket;
  return localPort === 80 ? name : `${name}:${localPort}`;
}

const machineNames = ["localhost", "127.0.0.1", "[::1]", hostname().toLowerCase()];

/** The local address of the connection, as in a Host header. */
function addressName({ socket: { localAddress = "" } }: IncomingMessage): string {
  const plain = localAddress.replace(/^::ffff:(?=\d+\.)/, "");
  return plain.includes(":") ? `[${plain}]` : plain;
}
