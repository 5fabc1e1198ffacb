import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { config } from "#server/config.ts";
import { isInside } from "#server/inside-addresses.ts";
import { Refused } from "./refused.ts";

const timeLimitMs = 10_000;

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

/**
 * Posts to an address that somebody else has chosen: https, never into this machine or a closed network, no redirection followed, ten seconds.
 * @returns the status of the answer; what it says beyond that is not read.
 * @throws {Refused} why it was not taken
 */
export async function postGuarded(
  url: string,
  { headers, body }: { headers: Record<string, string | number>; body: string | Buffer },
): Promise<number> {
  const target = new URL(url);
  if (target.protocol !== "https:" && !config().notices.localWebhooks)
    throw new Refused("address-inside", { final: true });
  const host = target.hostname.replace(/^\[|\]$/g, "");
  // A literal address is not looked up.
  if (isIP(host) && isInside(host) && !config().notices.localWebhooks)
    throw new Refused("address-inside", { final: true });
  return new Promise<number>((resolve, reject) => {
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const call = send(target, {
      method: "POST",
      lookup: guardedLookup,
      agent: false,
      signal: AbortSignal.timeout(timeLimitMs),
      headers: { ...headers, "content-length": Buffer.byteLength(body), "user-agent": "Overread" },
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
}
