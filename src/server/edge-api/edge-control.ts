import type { IncomingMessage } from "node:http";
import {
  ConfirmRequest,
  type ConfirmResponse,
  EDGE_API,
  EnrollRequest,
  Heartbeat,
  RefusedObjects,
  StudyComplete,
  TokenRequest,
} from "@overread/shared/edge-contract/v1";
import { EDGE_API_V2 } from "@overread/shared/edge-contract/v2";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { enrollEdge } from "#server/auth/edge-enrollment.ts";
import { exchangeAssertion } from "#server/auth/edge-token.ts";
import { returnAttempt, type Throttle, takeAttempt } from "#server/auth/rate-limit.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { type EdgeActor, edgeConfig, noteStudy, recordHeartbeat } from "#server/domain/edge/index.ts";
import { completeStudy, confirmInstances, recordRefused } from "#server/domain/imaging/index.ts";
import { sendJson } from "#server/http/answer.ts";
import { clientAddress } from "#server/http/client-address.ts";
import { type Exchange, isUnder } from "#server/http/protocol.ts";
import { readJson } from "#server/http/read-json.ts";
import type { LiveSubscriber } from "#server/live/subscriber.ts";
import { deliveryCalls } from "./deliveries.ts";

const KiB = 1024;

/** Answers the calls of edge routers: version 1 of the edge contract, and the calls that version 2 replaces. */
export async function edgeControl(exchange: Exchange, live: LiveSubscriber): Promise<void> {
  const { req, res, path, requestId } = exchange;
  const by = { requestId };
  if (isUnder(EDGE_API_V2, path)) {
    const call = `${req.method} ${path.slice(EDGE_API_V2.length)}`;
    if (await deliveryCalls(exchange, { version: 2, call, caller: edgeOf, live })) return;
    throw new DomainError("request.invalid", { details: { fields: "path" } });
  }
  const call = `${req.method} ${path.slice(EDGE_API.length)}`;

  if (call === "POST /enroll") {
    const input = await readJson(req, EnrollRequest, 8 * KiB);
    // A code has 80 random bits; this limit keeps the audit trail of guessing short.
    const allowance: Throttle[] = [{ kind: "address", value: `enroll ${clientAddress(req)}` }];
    await takeAttempt(allowance);
    const enrolled = await enrollEdge(input);
    await returnAttempt(allowance);
    await sendJson(res, enrolled);
    return;
  }
  if (call === "POST /token") {
    await sendJson(res, await exchangeAssertion(await readJson(req, TokenRequest, 8 * KiB)));
    return;
  }

  const edge = await edgeOf(req);
  if (call === "GET /config") await sendJson(res, await withTenant(edge, edgeConfig, by));
  else if (call === "POST /heartbeat") {
    const beat = await readJson(req, Heartbeat, 16 * KiB);
    await sendJson(res, await withTenant(edge, (ctx) => recordHeartbeat(ctx, beat), by));
  } else if (call === "POST /confirm") {
    const { instances } = await readJson(req, ConfirmRequest, 512 * KiB);
    const answer: ConfirmResponse = await withTenant(edge, (ctx) => confirmInstances(ctx, instances), by);
    await sendJson(res, answer);
  } else if (call === "POST /refused") {
    const refused = await readJson(req, RefusedObjects, 1024 * KiB);
    await withTenant(edge, (ctx) => recordRefused(ctx, refused), by);
    await sendJson(res, {});
  } else if (call === "POST /studies/complete") {
    const study = await readJson(req, StudyComplete, 16 * KiB);
    await withTenant(
      edge,
      async (ctx) => {
        await completeStudy(ctx, study);
        await noteStudy(ctx);
      },
      by,
    );
    await sendJson(res, {});
  } else if (!(await deliveryCalls(exchange, { version: 1, call, caller: edgeOf, live })))
    throw new DomainError("request.invalid", { details: { fields: "path" } });
}

async function edgeOf(req: IncomingMessage): Promise<EdgeActor> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "token" || !actor.edgeId || !actor.facilityId) throw new DomainError("auth.forbidden");
  return { ...actor, edgeId: actor.edgeId, facilityId: actor.facilityId };
}
