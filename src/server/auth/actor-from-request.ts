import type { Actor } from "#server/context.ts";
import { findToken } from "./api-token.ts";
import { findSession } from "./session.ts";
import { header, type RequestHeaders, sessionCookieOf, sessionIdOf } from "./session-cookie.ts";

/**
 * The caller: a program by its bearer token, or a person by the session cookie. An invalid bearer token is not
 * compensated by a valid cookie.
 *
 * @param touch whether the request counts as activity of a person (idle limit).
 * @returns null when nobody is signed in. Never throws for an invalid credential.
 */
export async function actorFromRequest(
  req: { headers: RequestHeaders },
  { touch = true }: { touch?: boolean } = {},
): Promise<Actor | null> {
  const authorization = header(req.headers, "authorization");
  if (authorization !== undefined) {
    const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization);
    return bearer ? findToken(bearer[1]!) : null;
  }
  const cookie = sessionCookieOf(req.headers);
  if (!cookie) return null;
  const sessionId = await sessionIdOf(cookie);
  return sessionId ? findSession(sessionId, { touch }) : null;
}
