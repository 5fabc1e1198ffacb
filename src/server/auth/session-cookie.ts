import type { IncomingHttpHeaders } from "node:http";
import { decode, encode } from "next-auth/jwt";
import { config } from "#server/config.ts";

/** Headers of Node's http module or of the Fetch API. */
export type RequestHeaders = IncomingHttpHeaders | Headers;

export function header(headers: RequestHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The key of next-auth's tokens. */
export function cookieSecret(): string {
  return config().key("next-auth");
}

/**
 * `__Host-` binds a cookie to https and to this very host, so that no neighbour under the same domain can set it; over
 * http browsers would refuse it.
 */
export function cookieName(name: "session-token" | "callback-url"): string {
  return `${config().session.secureCookies ? "__Host-" : ""}next-auth.${name}`;
}

/** The session id in a session cookie's value, or null when it is forged, foreign or expired. */
export async function sessionIdOf(token: string): Promise<string | null> {
  const claims = await decode({ token, secret: cookieSecret() }).catch(() => null);
  return typeof claims?.sid === "string" ? claims.sid : null;
}

/** The session cookie of a request. next-auth splits long values into `name.0`, `name.1`…; ours is short. */
export function sessionCookieOf(headers: RequestHeaders): string | null {
  const name = cookieName("session-token");
  for (const pair of (header(headers, "cookie") ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || null;
  }
  return null;
}

/** A `Cookie` header for an existing session: for tests and tools that skip the form. */
export async function sessionCookieFor(sessionId: string, userId: string): Promise<string> {
  const maxAge = config().session.absoluteMs / 1000;
  const value = await encode({ token: { sub: userId, sid: sessionId }, secret: cookieSecret(), maxAge });
  return `${cookieName("session-token")}=${value}`;
}
