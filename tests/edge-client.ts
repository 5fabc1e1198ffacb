import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { ASSERTION_AUDIENCE, EDGE_API } from "@overread/shared/edge-contract/v1";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The far side of the edge contract, as small as it can be: a key, a token, calls. */
export class EdgeClient {
  readonly base: string;
  readonly privateKey: KeyObject;
  readonly publicKey: string;
  edgeId = "";
  token = "";
  constructor(base: string) {
    this.base = base;
    const pair = generateKeyPairSync("ed25519");
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  }

  /** @param path below version 1 of the contract, or a whole path of the portal. */
  async call(method: "GET" | "POST", path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.base}${path.startsWith("/api/") ? "" : EDGE_API}${path}`, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: whatever the portal answered is what the test looks at
    const json: any = text ? JSON.parse(text) : null;
    return { status: response.status, json, code: json?.error?.code as string | undefined };
  }

  async enroll(code: string, publicKey = this.publicKey) {
    const answer = await this.call("POST", "/enroll", { code, publicKey, name: "router", softwareVersion: "1.0" });
    if (answer.status === 200) this.edgeId = answer.json.edgeId;
    return answer;
  }

  assertion(
    claims: Record<string, unknown> = {},
    { header = { alg: "EdDSA", typ: "JWT" } as Record<string, unknown>, key = this.privateKey } = {},
  ): string {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: this.edgeId, aud: ASSERTION_AUDIENCE, iat: now, exp: now + 60, jti: randomUUID(), ...claims };
    const signed = `${part(header)}.${part(body)}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
  }

  async authenticate(assertion = this.assertion()) {
    const answer = await this.call("POST", "/token", { edgeId: this.edgeId, assertion });
    if (answer.status === 200) this.token = answer.json.accessToken;
    return answer;
  }
}

export function heartbeat(over: Record<string, unknown> = {}) {
  const at = new Date().toISOString();
  return {
    softwareVersion: "1.0",
    at,
    startedAt: at,
    configVersion: 1,
    queue: { instances: 3, bytes: 1000, oldestReceivedAt: at },
    disk: { freeBytes: 1e9, totalBytes: 2e9 },
    lastReceivedAt: at,
    lastForwardedAt: null,
    returns: { waiting: 0, lastError: null },
    dimse: { listening: true, port: 11112, aeTitle: "OVERREAD" },
    ...over,
  };
}
