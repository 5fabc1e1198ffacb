import { createSession, findSession } from "#server/auth/session.ts";
import { sessionCookieFor } from "#server/auth/session-cookie.ts";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";

/**
 * A signed-in person of the demo organisations, without the sign-in form: the actor for calling verbs, and the `Cookie`
 * header for calling over HTTP.
 */
export async function signedIn(email: string): Promise<{ actor: UserActor; cookie: string }> {
  const user = await withMaintenance((tx) => tx.user.findFirstOrThrow({ where: { email } }));
  const sessionId = await createSession(user.id, user.orgId);
  const actor = await findSession(sessionId);
  if (!actor) throw new Error(`${email} could not be signed in`);
  return { actor, cookie: await sessionCookieFor(sessionId, user.id) };
}

/** Id of an organisation of the demo. */
export async function orgId(slug: string): Promise<string> {
  return (await withMaintenance((tx) => tx.organization.findUniqueOrThrow({ where: { slug } }))).id;
}

/** Id of a facility of the demo. */
export async function facilityId(slug: string): Promise<string> {
  return (await withMaintenance((tx) => tx.facility.findFirstOrThrow({ where: { slug } }))).id;
}
