import { DomainError } from "@overread/shared/errors";
import type { NextAuthOptions } from "next-auth";
import { decode } from "next-auth/jwt";
import { config } from "#server/config.ts";
import { createLog, type Log } from "#server/log.ts";
import { authenticate } from "./authenticate.ts";
import { findSession } from "./session.ts";
import { cookieName, cookieSecret, header } from "./session-cookie.ts";
import { signOut } from "./sign-out.ts";

let log: Log | undefined;

/**
 * next-auth, reduced to what we use of it: the form's CSRF check, the cookie, the redirects. The cookie contains a
 * session id and nothing else; Postgres decides at every request whether that session is valid.
 *
 * A function, since the settings do not exist while Next builds.
 */
export function authOptions(): NextAuthOptions {
  const { session } = config();
  log ??= createLog("web", config().log.level);
  const maxAge = session.absoluteMs / 1000;
  const cookie = (name: Parameters<typeof cookieName>[0]) => ({
    name: cookieName(name),
    options: { httpOnly: true, sameSite: "lax", path: "/", secure: session.secureCookies },
  });
  return {
    secret: cookieSecret(),
    useSecureCookies: session.secureCookies,
    cookies: { sessionToken: cookie("session-token"), callbackUrl: cookie("callback-url") },
    session: { strategy: "jwt", maxAge },
    pages: { signIn: "/sign-in", error: "/sign-in" },
    providers: [
      {
        id: "credentials",
        name: "Password",
        type: "credentials",
        credentials: { email: {}, password: {}, totp: {}, organization: {} },
        /**
         * `totp` is for accounts with a second factor. `organization` (a slug) is not on the form; it decides for a
         * person with the same password in two organisations.
         */
        async authorize(credentials, req) {
          try {
            const address =
              header(req.headers ?? {}, "x-forwarded-for")
                ?.split(",")
                .at(-1)
                ?.trim() ?? "unknown";
            const { email = "", password = "", organization, totp } = credentials ?? {};
            const actor = await authenticate(email, password, address, { orgSlug: organization || undefined, totp });
            return { id: actor.userId, sessionId: actor.sessionId };
          } catch (error) {
            const code = error instanceof DomainError ? error.code : "internal";
            if (code === "auth.invalid-credentials") return null; // next-auth says CredentialsSignin
            if (code === "internal") log?.error({ err: error }, "sign-in failed");
            // next-auth puts the text into the sign-in page's URL, so only a code may leave.
            throw new Error(code);
          }
        },
      },
    ],
    jwt: {
      maxAge,
      async decode(params) {
        const token = await decode(params).catch(() => null);
        if (typeof token?.sid !== "string") return null;
        return (await findSession(token.sid, { touch: false })) ? token : null;
      },
    },
    callbacks: {
      jwt({ token, user }) {
        const signedIn = user as { id: string; sessionId: string } | undefined;
        return signedIn ? { sub: signedIn.id, sid: signedIn.sessionId } : token;
      },
      async session({ session: answer, token }) {
        const actor = typeof token.sid === "string" ? await findSession(token.sid) : null;
        return { ...answer, user: actor ? { name: actor.displayName, email: actor.email } : {} };
      },
      /** Redirects stay on this origin and are relative: the portal may be reached by several names. */
      redirect({ url, baseUrl }) {
        const target = URL.canParse(url, baseUrl) ? new URL(url, baseUrl) : null;
        if (!target || target.origin !== new URL(baseUrl).origin) return "/";
        return `${target.pathname}${target.search}`.replace(/^\/{2,}/, "/");
      },
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sid === "string") await signOut(token.sid);
      },
    },
    logger: {
      error(code, metadata) {
        // A cookie of an ended session is no incident.
        if (code === "JWT_SESSION_ERROR") return;
        log?.error({ code, cause: metadata instanceof Error ? metadata.name : undefined }, "next-auth");
      },
      warn: (code) => log?.debug({ code }, "next-auth"),
      debug: () => {},
    },
  };
}
