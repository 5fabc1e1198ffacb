import type { Actor } from "#server/context.ts";
import { findToken } from "./api-token.ts";
import { findSession } from "./session.ts";
import { header, type RequestHeaders, sessionCookieOf, sessionIdOf } from "./session-cookie.ts";

/**
 * Who is calling: a program by its bearer token, or a person by the session cookie. A bearer token that is present and
 * bad is not made good by a cookie beside it.
 *
 * @param touch whether the request counts as a person's activity (idle limit).
 * @returns null when nobody is signed in. Never throws for a bad credential.
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
