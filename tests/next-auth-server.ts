import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { NextApiRequest, NextApiResponse } from "next";
import nextAuth from "next-auth/next";
import { authOptions } from "#server/auth/options.ts";

// A CommonJS module: its default export is one step further down.
const NextAuth = (nextAuth as unknown as { default: typeof nextAuth }).default ?? nextAuth;

/** Answers `/api/auth/*` by next-auth with the product's options, as a route of Next would. */
export async function answerNextAuth(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://localhost");
  let text = "";
  for await (const chunk of req) text += chunk;
  const cookies = Object.fromEntries(
    (req.headers.cookie ?? "")
      .split(/; */)
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf("=")), decodeURIComponent(pair.slice(pair.indexOf("=") + 1))]),
  );
  req.headers["x-forwarded-for"] ??= req.socket.remoteAddress;
  req.headers["x-forwarded-proto"] ??= "http";
  const api = Object.assign(req, {
    query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.split("/").slice(3) },
    cookies,
    body: Object.fromEntries(new URLSearchParams(text)),
  });
  const answer = Object.assign(res, {
    status(code: number) {
      res.statusCode = code;
      return answer;
    },
    json(body: unknown) {
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify(body));
    },
    send(body: unknown) {
      if (typeof body === "string" || body === undefined) res.end(body);
      else answer.json(body);
    },
  });
  await NextAuth(api as unknown as NextApiRequest, answer as unknown as NextApiResponse, authOptions());
}

/** next-auth on a plain server, in the place of Next: `/api/auth/*` and nothing else. */
export async function serveNextAuth(): Promise<{ url: string; close(): Promise<void> }> {
  process.env.AUTH_TRUST_HOST = "1";
  const server = createServer((req, res) => void answerNextAuth(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A browser's cookies, no more. */
export class CookieJar {
  readonly values = new Map<string, string>();
  readonly attributes = new Map<string, string>();
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cookie", this.header);
    const response = await fetch(url, { redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(/; */) as [string, ...string[]];
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(pair.indexOf("=") + 1);
      if (value === "" || attributes.includes("Max-Age=0")) this.values.delete(name);
      else this.values.set(name, value);
      this.attributes.set(name, attributes.join("; "));
    }
    return response;
  }
  get header(): string {
    return [...this.values].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

/** The sign-in form without script: fetch the csrf token, post the form. @returns where it redirects to. */
export async function submitSignIn(
  base: string,
  fields: { email: string; password: string; totp?: string; callbackUrl?: string },
  jar = new CookieJar(),
): Promise<{ location: string; status: number; jar: CookieJar }> {
  const { csrfToken } = (await (await jar.fetch(`${base}/api/auth/csrf`)).json()) as { csrfToken: string };
  const response = await jar.fetch(`${base}/api/auth/callback/credentials`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrfToken, ...fields }),
  });
  return { location: response.headers.get("location") ?? "", status: response.status, jar };
}
