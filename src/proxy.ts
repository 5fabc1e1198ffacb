import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { cookieSecret, sessionCookieOf } from "#server/auth/session-cookie.ts";
import { config as settings } from "#server/config.ts";

/** Everything but data, static files and the few public ones. Pixel data and APIs never come here. */
export const config = {
  matcher: [{ source: "/((?!api/|dicomweb/|fhir/|_next/static|_next/image|icon.svg|logo.svg|favicon.ico).*)" }],
};

/**
 * The minimum for the viewer: WebAssembly for the codecs, same-origin workers, blob images for tool cursors. Inline
 * style attributes come from React and Cornerstone; style elements need the nonce.
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
    // A PDF of a study, as a blob made by the page: see DECISIONS.md, "A PDF in a frame without sandbox".
    "frame-src blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");
}

/** The cookie and hidden field of next-auth's CSRF check, made here so that the form works without script. */
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
 * Runs before every page: sets a nonce for its scripts and the security headers, and redirects to the sign-in page
 * without a session cookie. The redirect is a convenience; each page authenticates by itself.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  const headers = new Headers(request.headers);
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  headers.set("content-security-policy", policy);
  headers.delete("x-csrf-token");

  // An invitation is for people without a password.
  if (pathname !== "/sign-in" && pathname !== "/invitation" && !sessionCookieOf(request.headers)) {
    // Next makes a redirect to the request's own origin relative, so that it works under every name of the portal.
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
  // A URL contains a case id; no other site needs to know it.
  response.headers.set("referrer-policy", "no-referrer");
  response.headers.set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  response.headers.set("cross-origin-opener-policy", "same-origin");
  response.headers.set("cache-control", "no-store");
  return response;
}
