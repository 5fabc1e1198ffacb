import { createHmac } from "node:crypto";
import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { config } from "#server/config.ts";
import type { Sending } from "#server/domain/notices/index.ts";
import { openSecret } from "#server/notice-secret.ts";
import { Refused } from "./refused.ts";

const timeLimitMs = 10_000;

/** Addresses of this machine, of closed networks and of clouds' metadata services: nobody's webhook from outside. */
const inside = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  inside.addSubnet(net, bits);
for (const [net, bits] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  inside.addSubnet(net, bits, "ipv6");

/** An IPv4 address written as IPv6 is looked up as the IPv4 address it is. */
export const isInside = (address: string): boolean => {
  const family = isIP(address);
  return family === 0 || inside.check(address, family === 6 ? "ipv6" : "ipv4");
};

/** Looks at the very address that is then connected to: a name that means something else a moment later gets nowhere. */
const guardedLookup: LookupFunction = (host, options, callback) =>
  lookup(host, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error || !first) return callback(error ?? new Error("no address"), "", 4);
    if (!config().notices.localWebhooks && addresses.some(({ address }) => isInside(address)))
      return callback(new Refused("address-inside", { final: true }), "", 4);
    if (options.all) return (callback as unknown as (e: null, a: typeof addresses) => void)(null, addresses);
    return callback(null, first.address, first.family);
  });

/** The signature of a call: HMAC-SHA-256 over the timestamp, a dot, and the body. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;

/**
 * Calls an organisation's webhook: codes and ids, signed with its secret. Follows no redirection, and waits ten seconds.
 * @throws {Refused} why it was not taken
 */
export async function callWebhook(
  { deliveryId, url, secret, caseId, at, says }: Extract<Sending, { channel: "webhook" }>,
  now: Date,
): Promise<void> {
  const target = new URL(url);
  if (target.protocol !== "https:" && !config().notices.localWebhooks)
    throw new Refused("address-inside", { final: true });
  const host = target.hostname.replace(/^\[|\]$/g, "");
  // A literal address is not looked up.
  if (isIP(host) && isInside(host) && !config().notices.localWebhooks)
    throw new Refused("address-inside", { final: true });
  const body = JSON.stringify({ id: deliveryId, at: at.toISOString(), ...says, caseId });
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const status = await new Promise<number>((resolve, reject) => {
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const call = send(target, {
      method: "POST",
      lookup: guardedLookup,
      agent: false,
      signal: AbortSignal.timeout(timeLimitMs),
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "Overread",
        "overread-delivery": deliveryId,
        "overread-timestamp": timestamp,
        "overread-signature": signatureOf(openSecret(secret), timestamp, body),
      },
    });
    call.once("response", (response) => {
      // What it answers beyond the status is nobody's concern here.
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.once("error", reject);
    call.end(body);
  }).catch((error: unknown) => {
    if (error instanceof Refused) throw error;
    const { name, code } = error as { name?: string; code?: string };
    throw new Refused(name === "TimeoutError" || code === "ABORT_ERR" ? "timeout" : "unreachable");
  });
  if (status >= 200 && status < 300) return;
  throw new Refused(`http-${status}`, { final: status === 410 });
}
