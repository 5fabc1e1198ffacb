import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { cookieSecret, sessionCookieOf } from "#server/auth/session-cookie.ts";
import { config as settings } from "#server/config.ts";

/** Everything but data, built files and the few public ones. Pixel data and APIs never come here. */
export const config = {
  matcher: [{ source: "/((?!api/|dicomweb/|fhir/|_next/static|_next/image|icon.svg|logo.svg|favicon.ico).*)" }],
};

/**
 * What the viewer needs and no more: wasm for the codecs, same-origin workers, blob images for tool cursors.
 * Inline style attributes are React's and Cornerstone's; style elements need the nonce.
 */
function contentSecurityPolicy(nonce: string): string {
  const development = settings().nodeEnv === "development";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic' 'wasm-unsafe-eval'${development ? " 'unsafe-eval'" : ""}`,
    development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    // A PDF of a study, as a blob this page made itself: see DECISIONS.md, "A PDF in a frame without sandbox".
    "frame-src blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");
}

/** The cookie and hidden field of next-auth's csrf check, made here so that the form works without script. */
function csrfCookie(request: NextRequest): { name: string; value: string; isNew: boolean } {
  const name = `${settings().session.secureCookies ? "__Host-" : ""}next-auth.csrf-token`;
  const sign = (token: string) => createHash("sha256").update(`${token}${cookieSecret()}`).digest("hex");
  const existing = request.cookies.get(name)?.value ?? "";
  const [token = "", hash = ""] = existing.split("|");
  const expected = sign(token);
  if (hash.length === expected.length && timingSafeEqual(Buffer.from(hash), Buffer.from(expected)))
    return { name, value: existing, isNew: false };
  const fresh = randomBytes(32).toString("hex");
  return { name, value: `${fresh}|${sign(fresh)}`, isNew: true };
}

/**
 * Runs before every page: a nonce for its scripts, the headers no page may lack, the way to the sign-in page for
 * those without a session cookie. That redirect is a convenience; each page asks for the actor itself.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  const headers = new Headers(request.headers);
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  headers.set("content-security-policy", policy);
  headers.delete("x-csrf-token");

  // An invitation is for who has no password yet.
  if (pathname !== "/sign-in" && pathname !== "/invitation" && !sessionCookieOf(request.headers)) {
    // Next turns an address of the request's own origin into a relative one, so that it holds under every name the
    // portal is reached by.
    const target = new URL("/sign-in", request.url);
    if (pathname !== "/") target.searchParams.set("to", pathname);
    return secured(NextResponse.redirect(target, 307), policy);
  }

  let csrf: ReturnType<typeof csrfCookie> | null = null;
  if (pathname === "/sign-in") {
    csrf = csrfCookie(request);
    headers.set("x-csrf-token", csrf.value.split("|")[0]!);
  }
  const response = NextResponse.next({ request: { headers } });
  if (csrf?.isNew)
    response.cookies.set(csrf.name, csrf.value, {
      httpOnly: true,
      sameSite: "lax",
      path: "/",
      secure: settings().session.secureCookies,
    });
  return secured(response, policy);
}

function secured(response: NextResponse, policy: string): NextResponse {
  response.headers.set("content-security-policy", policy);
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("x-frame-options", "DENY");
  // An address names a case; no other site needs to know where somebody came from.
  response.headers.set("referrer-policy", "no-referrer");
  response.headers.set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  response.headers.set("cross-origin-opener-policy", "same-origin");
  response.headers.set("cache-control", "no-store");
  return response;
}
