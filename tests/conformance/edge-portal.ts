import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ASSERTION_AUDIENCE,
  ConfirmRequest,
  type Delivery,
  DeliveryOutcome,
  type EdgeConfig,
  EnrollRequest,
  Heartbeat,
  type InstanceDigest,
  PURPOSE_HEADER,
  RefusedObjects,
  StudyComplete,
  TokenRequest,
} from "@overread/shared/edge-contract/v1";
import * as v2 from "@overread/shared/edge-contract/v2";
import type { MadeObject } from "./edge-objects.ts";

export interface ReceivedPart {
  sopInstanceUid: string;
  sha256: string;
  preamble: Buffer;
  purpose: string;
}

/**
 * The portal, in memory, for tests of the edge: implements the contract, and stores objects by hash, as the archive
 * does.
 */
export class FakePortal {
  origin = "";
  readonly code = `code-${randomUUID()}`;
  readonly edgeId = randomUUID();
  config: EdgeConfig = {
    version: 1,
    facilitySlug: "testside",
    allowedCallingAeTitles: "*",
    calledAeTitles: ["OVERREAD"],
    priorAeTitles: ["OVERREAD_PRIOR"],
    quietSeconds: 1,
    heartbeatSeconds: 1,
    localPacs: null,
  };
  /** Every part of every STOW request, in order. */
  readonly parts: ReceivedPart[] = [];
  /** The stored objects: `uid sha` to how often each was sent. */
  readonly held = new Map<string, number>();
  readonly completes: StudyComplete[] = [];
  readonly heartbeats: Heartbeat[] = [];
  /** Objects that the archive has lost and asks for again. */
  resend: InstanceDigest[] = [];
  /** The newest contract version it implements: the release before kinds of deliveries had version 1 only. */
  knows: 1 | 2 = 2;
  /** As version 1, and as sent where that was version 2. */
  readonly outcomes: (DeliveryOutcome & { deliveryId: string; said?: v2.DeliveryOutcome })[] = [];
  deliveries: Delivery[] = [];
  /** Deliveries of later kinds, or invalid ones. */
  strange: v2.OfferedDelivery[] = [];
  readonly objects = new Map<string, Buffer>();
  tokensGiven = 0;
  /** After it was revoked. */
  tokensRefused = 0;
  /** Every request is answered 503. */
  down = false;
  revoked = false;
  /** The archive still accepts the tokens of a router that was revoked. */
  archiveBelieves = false;
  /** STOW requests that are answered with an error after the object was stored, as if the answer was lost. */
  loseAnswers = 0;
  /** Outcomes are answered 503 and not stored. */
  loseOutcomes = false;
  /** SOP Instance UID to failure reason. */
  readonly refuse = new Map<string, number>();
  /** How a refused object is identified: by its UID, by its position among the parts, or not at all. */
  naming: "uid" | "part" | "none" = "uid";
  /** Requests with this object are answered with this status. */
  readonly refuseRequest = new Map<string, number>();
  readonly refused: RefusedObjects[] = [];
  /** What was received, in order: lists of refused objects and complete studies. */
  readonly told: string[] = [];
  #publicKey = "";
  #codeUsed = false;
  readonly #tokens = new Set<string>();
  readonly #jtis = new Set<string>();
  readonly #waiters = new Set<() => void>();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    for (const wake of this.#waiters) wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  holds(object: Pick<MadeObject, "sopInstanceUid" | "sha256">): boolean {
    return this.held.has(`${object.sopInstanceUid} ${object.sha256}`);
  }

  /** Invalidates all tokens. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  offer(object: MadeObject, part10: Buffer, port: number): Delivery {
    const delivery: Delivery = {
      deliveryId: randomUUID(),
      studyInstanceUid: object.studyInstanceUid,
      seriesInstanceUid: `${object.studyInstanceUid}.1`,
      sopInstanceUid: object.sopInstanceUid,
      sopClassUid: object.sopClassUid,
      transferSyntaxUid: object.transferSyntaxUid,
      dataSetSha256: object.sha256,
      retrievePath: `/dicomweb/lakeside/studies/${object.studyInstanceUid}/series/1/instances/${object.sopInstanceUid}`,
      destination: { aeTitle: "LOCALPACS", host: "127.0.0.1", port },
    };
    this.objects.set(delivery.retrievePath, part10);
    this.deliveries.push(delivery);
    for (const wake of this.#waiters) wake();
    return delivery;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const { pathname } = new URL(request.url ?? "/", this.origin);
    const answer = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    };
    const fail = (status: number, code: string): void => answer(status, { error: { code, message: code } });
    if (this.down) return answer(503, {}, { "retry-after": "1" });
    if (pathname === "/api/edge/v1/enroll") {
      const { code, publicKey } = EnrollRequest.parse(JSON.parse(body.toString()));
      if (code !== this.code || this.#codeUsed) return fail(403, "edge.code-invalid");
      this.#codeUsed = true;
      this.#publicKey = publicKey;
      return answer(200, {
        edgeId: this.edgeId,
        orgSlug: "lakeside",
        facilitySlug: "testside",
        config: this.config,
      });
    }
    const believed = this.archiveBelieves && pathname.startsWith("/dicomweb/");
    if (this.revoked && !believed) {
      if (pathname === "/api/edge/v1/token") this.tokensRefused += 1;
      return fail(403, "edge.revoked");
    }
    if (pathname === "/api/edge/v1/token") return this.#token(body, answer, fail);
    if (!this.#tokens.has(request.headers.authorization?.replace(/^Bearer /, "") ?? ""))
      return fail(401, "auth.required");
    if (pathname === "/dicomweb/lakeside/studies" && request.method === "POST")
      return this.#stow(request, body, answer);
    const object = this.objects.get(pathname);
    if (object) {
      const boundary = randomUUID();
      response.writeHead(200, { "content-type": `multipart/related; type="application/dicom"; boundary=${boundary}` });
      response.write(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
      response.write(object);
      response.end(`\r\n--${boundary}--`);
      return;
    }
    if (pathname === "/api/edge/v1/config") return answer(200, this.config);
    if (pathname === "/api/edge/v1/heartbeat") {
      this.heartbeats.push(Heartbeat.parse(JSON.parse(body.toString())));
      return answer(200, { now: new Date().toISOString(), configVersion: this.config.version, resend: this.resend });
    }
    if (pathname === "/api/edge/v1/confirm") {
      const { instances } = ConfirmRequest.parse(JSON.parse(body.toString()));
      const isHeld = ({ sopInstanceUid, dataSetSha256 }: (typeof instances)[0]): boolean =>
        this.held.has(`${sopInstanceUid} ${dataSetSha256}`);
      return answer(200, { held: instances.filter(isHeld), missing: instances.filter((i) => !isHeld(i)) });
    }
    if (pathname === "/api/edge/v1/refused") {
      this.refused.push(RefusedObjects.parse(JSON.parse(body.toString())));
      this.told.push("refused");
      return answer(200, {});
    }
    if (pathname === "/api/edge/v1/studies/complete") {
      this.told.push("complete");
      this.completes.push(StudyComplete.parse(JSON.parse(body.toString())));
      return answer(200, {});
    }
    // The answer of the pages for an unknown path.
    if (pathname.startsWith("/api/edge/v2/") && this.knows < 2) {
      response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><title>Not found</title>");
      return;
    }
    const call = /^\/api\/edge\/(v[12])\/deliveries(?:\/([^/]+)\/outcome)?$/.exec(pathname);
    if (call && !call[2]) {
      if (this.deliveries.length + this.strange.length === 0) await this.#wait(2_000);
      if (call[1] === "v1") return answer(200, { deliveries: this.deliveries });
      return answer(200, { deliveries: [...this.strange, ...this.deliveries.map(v2.fromV1)] });
    }
    if (call) {
      if (this.loseOutcomes) return answer(503, {});
      const deliveryId = call[2]!;
      const json: unknown = JSON.parse(body.toString());
      const said = call[1] === "v2" ? v2.DeliveryOutcome.parse(json) : undefined;
      const parsed = said ? v2.outcomeToV1(said) : DeliveryOutcome.parse(json);
      this.outcomes.push({ ...parsed, deliveryId, ...(said ? { said } : {}) });
      if (parsed.status === "delivered")
        this.deliveries = this.deliveries.filter((delivery) => delivery.deliveryId !== deliveryId);
      return answer(200, {});
    }
    fail(404, "request.invalid");
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiters.add(done);
    });
  }

  #token(
    body: Buffer,
    answer: (status: number, value: unknown) => void,
    fail: (status: number, code: string) => void,
  ): void {
    const { edgeId, assertion } = TokenRequest.parse(JSON.parse(body.toString()));
    const [head = "", claims = "", signature = ""] = assertion.split(".");
    const decode = (text: string): Record<string, unknown> => JSON.parse(Buffer.from(text, "base64url").toString());
    const { aud, iss, exp, iat, jti } = decode(claims) as Record<string, string & number>;
    const now = Date.now() / 1000;
    const isRight =
      decode(head).alg === "EdDSA" &&
      verify(
        null,
        Buffer.from(`${head}.${claims}`),
        createPublicKey(this.#publicKey),
        Buffer.from(signature, "base64url"),
      ) &&
      aud === ASSERTION_AUDIENCE &&
      iss === edgeId &&
      edgeId === this.edgeId &&
      exp! > now &&
      exp! - iat! <= 120 &&
      !this.#jtis.has(jti!);
    if (!isRight) {
      fail(401, "edge.assertion-invalid");
      return;
    }
    this.#jtis.add(jti!);
    const token = randomUUID();
    this.#tokens.add(token);
    this.tokensGiven++;
    answer(200, { accessToken: token, expiresInSeconds: 600 });
  }

  #stow(request: IncomingMessage, body: Buffer, answer: (status: number, value: unknown) => void): void {
    const boundary = /boundary=([^;]+)/.exec(request.headers["content-type"] ?? "")?.[1] ?? "";
    const purpose = String(request.headers[PURPOSE_HEADER] ?? "");
    const failed: unknown[] = [];
    let status: number | undefined;
    let place = 0;
    let at = body.indexOf(`--${boundary}`);
    for (;;) {
      const start = body.indexOf("\r\n\r\n", at) + 4;
      const end = body.indexOf(`\r\n--${boundary}`, start);
      if (start < 4 || end < 0) break;
      const part = body.subarray(start, end);
      place++;
      const { sopInstanceUid, dataSet } = readPart10(part);
      const sha256 = createHash("sha256").update(dataSet).digest("hex");
      this.parts.push({ sopInstanceUid, sha256, preamble: Buffer.from(part.subarray(0, 128)), purpose });
      const reason = this.refuse.get(sopInstanceUid);
      if (this.refuseRequest.has(sopInstanceUid)) status = this.refuseRequest.get(sopInstanceUid);
      else if (reason === undefined) {
        const key = `${sopInstanceUid} ${sha256}`;
        this.held.set(key, (this.held.get(key) ?? 0) + 1);
      } else
        failed.push({
          ...(this.naming === "uid" ? { "00081155": { vr: "UI", Value: [sopInstanceUid] } } : {}),
          ...(this.naming === "part" ? { "00000902": { vr: "LO", Value: [`part ${place}: dicom.malformed`] } } : {}),
          "00081197": { vr: "US", Value: [reason] },
        });
      at = end + 2;
    }
    if (status) {
      answer(status, {});
      return;
    }
    if (this.loseAnswers > 0) {
      this.loseAnswers--;
      request.socket.destroy();
      return;
    }
    if (failed.length === 0) answer(200, {});
    else answer(202, { [this.naming === "uid" ? "00081198" : "0008119A"]: { vr: "SQ", Value: failed } });
  }
}

/** Media Storage SOP Instance UID and the data set of a Part 10 file whose group 0002 is ours. */
export function readPart10(bytes: Buffer): { sopInstanceUid: string; transferSyntaxUid: string; dataSet: Buffer } {
  if (bytes.toString("latin1", 128, 132) !== "DICM") throw new Error("no Part 10 file");
  let at = 132;
  let sopInstanceUid = "";
  let transferSyntaxUid = "";
  while (at + 8 <= bytes.length && bytes.readUInt16LE(at) === 2) {
    const element = bytes.readUInt16LE(at + 2);
    const isLong = bytes.toString("latin1", at + 4, at + 6) === "OB";
    const start = at + (isLong ? 12 : 8);
    const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    const value = bytes.toString("latin1", start, start + length).replace(/\0+$/, "");
    if (element === 3) sopInstanceUid = value;
    if (element === 0x10) transferSyntaxUid = value;
    at = start + length;
  }
  return { sopInstanceUid, transferSyntaxUid, dataSet: bytes.subarray(at) };
}
