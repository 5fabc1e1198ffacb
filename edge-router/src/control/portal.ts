import type { KeyObject } from "node:crypto";
import { EDGE_API, TokenResponse } from "@overread/shared/edge-contract/v1";
import { Agent, type Dispatcher, request } from "undici";
import type { z } from "zod";
import { makeAssertion } from "./assertion.ts";
import type { Identity } from "./identity.ts";

/** A new token is fetched this long before the old one ends. */
const tokenMarginMs = 30_000;
const maxAnswerBytes = 8 * 1024 * 1024;

/**
 * The portal did not do what was asked. `unreachable` covers the network, 408, 429 and 5xx: try again later;
 * `revoked` is final; `refused` is any other answer.
 */
export class PortalError extends Error {
  readonly kind: "unreachable" | "revoked" | "refused";
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  constructor(kind: PortalError["kind"], reason: string, status: number | null, retryAfterMs: number | null = null) {
    super(reason);
    this.name = "PortalError";
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export type PortalCall = {
  method: "GET" | "POST";
  /** Path below the portal's origin. */
  path: string;
  headers?: Record<string, string>;
  /** Made anew for each try, since a refused token means sending it again. */
  body?: () => Dispatcher.DispatchOptions["body"];
  signal?: AbortSignal;
  /** How long the portal may take to begin its answer. */
  answerMs?: number;
};

/** Calls to the portal, with our token. */
export class Portal {
  readonly identity: Identity;
  readonly #privateKey: KeyObject;
  readonly #agent: Agent;
  readonly #onRevoked: () => void;
  #token: { value: string; until: number } | null = null;
  #fetching: Promise<string> | null = null;
  /** Portal's clock minus ours; a wrong clock at the hospital must not lock the edge out. */
  #clockOffsetMs = 0;

  constructor(identity: Identity, privateKey: KeyObject, onRevoked: () => void) {
    this.identity = identity;
    this.#privateKey = privateKey;
    this.#onRevoked = onRevoked;
    this.#agent = portalAgent();
  }

  /** A call of the control API, version 1, with JSON both ways. */
  call<T>(
    schema: z.ZodType<T>,
    method: "GET" | "POST",
    path: string,
    body?: unknown,
    options: Pick<PortalCall, "signal" | "answerMs"> = {},
  ): Promise<T> {
    return this.callAt(EDGE_API, schema, method, path, body, options);
  }

  /** The same below another root: that of a later version. */
  async callAt<T>(
    root: string,
    schema: z.ZodType<T>,
    method: "GET" | "POST",
    path: string,
    body?: unknown,
    options: Pick<PortalCall, "signal" | "answerMs"> = {},
  ): Promise<T> {
    const response = await this.send({
      method,
      path: `${root}${path}`,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: () => JSON.stringify(body) }),
      ...options,
    });
    if (response.statusCode !== 200) throw await this.#errorOf(response);
    return parseAnswer(schema, await readText(response.body));
  }

  /**
   * Sends with our token, once more with a new one when the portal does not know it.
   *
   * @returns any answer below 500 but 401, 408, 429 and revocation; its body is the caller's to read.
   * @throws {PortalError}
   */
  async send(call: PortalCall): Promise<Dispatcher.ResponseData> {
    const first = await this.#once(call, await this.#accessToken());
    if (first.statusCode !== 401) return this.#check(first);
    await first.body.dump();
    this.#token = null;
    const second = await this.#once(call, await this.#accessToken());
    if (second.statusCode === 401) throw await this.#errorOf(second);
    return this.#check(second);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #check(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    const { statusCode } = response;
    if (statusCode >= 500 || statusCode === 408 || statusCode === 429 || statusCode === 403)
      throw await this.#errorOf(response);
    return response;
  }

  async #once(call: PortalCall, token: string | null): Promise<Dispatcher.ResponseData> {
    const body = call.body?.();
    try {
      const response = await request(new URL(call.path, this.identity.portal), {
        method: call.method,
        headers: { ...call.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
        ...(body === undefined ? {} : { body }),
        ...(call.signal ? { signal: call.signal } : {}),
        headersTimeout: call.answerMs ?? 60_000,
        bodyTimeout: 60_000,
        dispatcher: this.#agent,
      });
      const at = Date.parse(String(response.headers.date ?? ""));
      if (Number.isFinite(at)) this.#clockOffsetMs = Math.abs(at - Date.now()) > 10_000 ? at - Date.now() : 0;
      return response;
    } catch (error) {
      throw new PortalError("unreachable", reasonOf(error), null);
    }
  }

  #accessToken(): Promise<string> {
    if (this.#token && Date.now() < this.#token.until) return Promise.resolve(this.#token.value);
    this.#fetching ??= this.#fetchToken().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetchToken(): Promise<string> {
    const ask = (): Promise<Dispatcher.ResponseData> => {
      const assertion = makeAssertion(this.identity.edgeId, this.#privateKey, Date.now() + this.#clockOffsetMs);
      const body = JSON.stringify({ edgeId: this.identity.edgeId, assertion });
      const headers = { "content-type": "application/json" };
      return this.#once({ method: "POST", path: `${EDGE_API}/token`, headers, body: () => body }, null);
    };
    const before = this.#clockOffsetMs;
    let response = await ask();
    if (response.statusCode === 401 && this.#clockOffsetMs !== before) {
      await response.body.dump();
      response = await ask();
    }
    if (response.statusCode !== 200) throw await this.#errorOf(response);
    const token = parseAnswer(TokenResponse, await readText(response.body));
    this.#token = {
      value: token.accessToken,
      until: Date.now() + Math.max(1_000, token.expiresInSeconds * 1_000 - tokenMarginMs),
    };
    return token.accessToken;
  }

  async #errorOf(response: Dispatcher.ResponseData): Promise<PortalError> {
    const { statusCode, headers } = response;
    const code = codeIn(await readText(response.body).catch(() => ""));
    if (statusCode === 403 && code === "edge.revoked") {
      // The archive may believe this token for some seconds more; from here on nothing is sent with it.
      this.#token = null;
      this.#onRevoked();
      return new PortalError("revoked", code, statusCode);
    }
    const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    const reason = code ?? `http-${statusCode}`;
    return new PortalError(again ? "unreachable" : "refused", reason, statusCode, retryAfter(headers["retry-after"]));
  }
}

/** Connections to the portal: kept alive, bounded, impatient only where nothing moves. */
export const portalAgent = (): Agent =>
  new Agent({
    connections: 16,
    keepAliveTimeout: 60_000,
    keepAliveMaxTimeout: 600_000,
    keepAliveTimeoutThreshold: 500,
    connect: { timeout: 10_000 },
  });

/** The body as text, no more of it than an honest portal sends. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) throw new PortalError("unreachable", "answer-too-long", null);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** @throws {PortalError} `unreachable`: what answers is not our portal, for instance a proxy's sign-in page. */
export function parseAnswer<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new PortalError("unreachable", "answer-not-understood", null);
  }
}

/** The stable code of an error answer, or null when it has none. */
export function codeIn(text: string): string | null {
  try {
    const code: unknown = JSON.parse(text)?.error?.code;
    return typeof code === "string" && /^[a-z0-9.-]{1,60}$/.test(code) ? code : null;
  } catch {
    return null;
  }
}

/** Retry-After in milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3); at most an hour. */
function retryAfter(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (!text) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : null;
}

/** A short reason out of a network error, such as `econnrefused`; never peer text. */
export function reasonOf(error: unknown): string {
  if (error instanceof PortalError) return error.message;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "network";
  return code.toLowerCase().replaceAll("_", "-");
}
