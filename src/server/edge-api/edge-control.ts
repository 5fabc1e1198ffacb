import type { IncomingMessage, ServerResponse } from "node:http";
import {
  ConfirmRequest,
  type ConfirmResponse,
  DeliveryOutcome,
  EDGE_API,
  EnrollRequest,
  Heartbeat,
  RefusedObjects,
  StudyComplete,
  TokenRequest,
} from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { enrollEdge } from "#server/auth/edge-enrollment.ts";
import { exchangeAssertion } from "#server/auth/edge-token.ts";
import { returnAttempt, type Throttle, takeAttempt } from "#server/auth/rate-limit.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  type EdgeActor,
  edgeConfig,
  leaseDeliveries,
  noteStudy,
  recordDeliveryOutcome,
  recordHeartbeat,
} from "#server/domain/edge/index.ts";
import { completeStudy, confirmInstances, recordRefused } from "#server/domain/imaging/index.ts";
import { sendJson } from "#server/http/answer.ts";
import { clientAddress } from "#server/http/client-address.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { readJson } from "#server/http/read-json.ts";
import type { LiveSubscriber } from "#server/live/subscriber.ts";

const KiB = 1024;
const longestWaitSeconds = 30;
/** How often the table is asked while a poll waits, for announcements that were lost. */
const pollMs = 5_000;

/** Answers the calls of edge routers, version 1 of the edge contract. */
export async function edgeControl({ req, res, requestId }: Exchange, live: LiveSubscriber): Promise<void> {
  const url = new URL(req.url ?? "/", "http://edge");
  const by = { requestId };
  const call = `${req.method} ${url.pathname.slice(EDGE_API.length)}`;

  if (call === "POST /enroll") {
    const input = await readJson(req, EnrollRequest, 8 * KiB);
    // A code has 80 random bits; this keeps the log of a guesser short.
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
  } else if (call === "GET /deliveries") {
    await sendJson(res, { deliveries: await waitForDeliveries(req, res, edge, url, live) });
  } else {
    const outcome = /^POST \/deliveries\/([0-9a-f-]{36})\/outcome$/.exec(call);
    if (!outcome) throw new DomainError("request.invalid", { details: { fields: "path" } });
    const body = await readJson(req, DeliveryOutcome, 4 * KiB);
    await withTenant(edge, (ctx) => recordDeliveryOutcome(ctx, { deliveryId: outcome[1]!, outcome: body }), by);
    await sendJson(res, {});
  }
}

async function edgeOf(req: IncomingMessage): Promise<EdgeActor> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "token" || !actor.edgeId || !actor.facilityId) throw new DomainError("auth.forbidden");
  return { ...actor, edgeId: actor.edgeId, facilityId: actor.facilityId };
}

/** Long poll: answers at once when something waits, else when something comes, else empty after the time asked for. */
async function waitForDeliveries(
  req: IncomingMessage,
  res: ServerResponse,
  edge: EdgeActor,
  url: URL,
  live: LiveSubscriber,
) {
  const asked = Number(url.searchParams.get("waitSeconds") ?? "0");
  const waitMs = Math.min(Number.isFinite(asked) ? Math.max(0, asked) : 0, longestWaitSeconds) * 1000;
  const deadline = Date.now() + waitMs;
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  for (;;) {
    // A router that is revoked while it waits must not be given a thing.
    await edgeOf(req);
    if (gone.signal.aborted) return [];
    const deliveries = await withTenant(edge, (ctx) => leaseDeliveries(ctx));
    const leftMs = deadline - Date.now();
    if (deliveries.length > 0 || leftMs <= 0 || gone.signal.aborted) return deliveries;
    await live.next(edge.orgId, Math.min(pollMs, leftMs), gone.signal);
  }
}
