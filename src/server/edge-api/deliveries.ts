import type { IncomingMessage, ServerResponse } from "node:http";
import { failure } from "@overread/shared/delivery-failure";
import * as v1 from "@overread/shared/edge-contract/v1";
import * as v2 from "@overread/shared/edge-contract/v2";
import type { z } from "zod";
import { withTenant } from "#server/db/with-tenant.ts";
import type { EdgeActor } from "#server/domain/edge/index.ts";
import { type Offer, recordOutcome, takeDeliveries } from "#server/domain/exchange/index.ts";
import { sendJson } from "#server/http/answer.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { readJson } from "#server/http/read-json.ts";
import type { LiveSubscriber } from "#server/live/subscriber.ts";

const KiB = 1024;
const longestWaitSeconds = 30;
/** How often the table is polled while a long poll waits, in case an announcement was lost. */
const pollMs = 5_000;

/** Converts deliveries and outcomes to and from one version of the contract. */
type Words = {
  /** Null: this version cannot express it. */
  offer: (offer: Offer) => object | null;
  outcome: (req: IncomingMessage) => Promise<v2.DeliveryOutcome>;
};
const read = <T>(req: IncomingMessage, schema: z.ZodType<T>): Promise<T> => readJson(req, schema, 4 * KiB);
const words: Record<1 | 2, Words> = {
  1: {
    offer: (offer) => (offer.kind === "dicom" ? v1.Delivery.parse(v2.toV1(v2.DicomDelivery.parse(offer))) : null),
    outcome: async (req) => v2.outcomeFromV1(await read(req, v1.DeliveryOutcome)),
  },
  2: { offer: (offer) => offer, outcome: (req) => read(req, v2.DeliveryOutcome) },
};

/** Authenticates again at each round: a router that is revoked while it waits must get nothing. */
type Caller = (req: IncomingMessage) => Promise<EdgeActor>;

/**
 * Answers edge routers' calls about deliveries, in either version of the contract.
 *
 * @param call method and path below the version's root.
 * @returns false when it is none of these calls, and nothing was written.
 */
export async function deliveryCalls(
  exchange: Exchange,
  { version, call, caller, live }: { version: 1 | 2; call: string; caller: Caller; live: LiveSubscriber },
): Promise<boolean> {
  const { req, res, requestId } = exchange;
  if (call === "GET /deliveries") {
    await sendJson(res, { deliveries: await waitForDeliveries(req, res, { words: words[version], caller, live }) });
    return true;
  }
  const settled = /^POST \/deliveries\/([0-9a-f-]{36})\/outcome$/.exec(call);
  if (!settled) return false;
  const edge = await caller(req);
  const said = await words[version].outcome(req);
  const outcome = said.status === "delivered" ? { receipt: said.receipt } : { failure: said.failure };
  await withTenant(edge, (ctx) => recordOutcome(ctx, { deliveryId: settled[1]!, outcome }), { requestId });
  await sendJson(res, {});
  return true;
}

/** Long poll: answers at once when a delivery waits, else when one comes, else empty after the requested time. */
async function waitForDeliveries(
  req: IncomingMessage,
  res: ServerResponse,
  { words: { offer }, caller, live }: { words: Words; caller: Caller; live: LiveSubscriber },
): Promise<object[]> {
  const asked = Number(new URL(req.url ?? "/", "http://edge").searchParams.get("waitSeconds") ?? "0");
  const waitMs = Math.min(Number.isFinite(asked) ? Math.max(0, asked) : 0, longestWaitSeconds) * 1000;
  const deadline = Date.now() + waitMs;
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  for (;;) {
    const edge = await caller(req);
    if (gone.signal.aborted) return [];
    const deliveries = await withTenant(edge, async (ctx) => {
      const said: object[] = [];
      for (const taken of await takeDeliveries(ctx)) {
        const one = offer(taken);
        if (one) said.push(one);
        // An old router cannot be told of it; the hospital sees it in the list of waiting deliveries.
        else
          await recordOutcome(ctx, {
            deliveryId: taken.deliveryId,
            outcome: { failure: failure("kind-unknown", { kind: taken.kind }) },
          });
      }
      return said;
    });
    const leftMs = deadline - Date.now();
    if (deliveries.length > 0 || leftMs <= 0 || gone.signal.aborted) return deliveries;
    await live.next(edge.orgId, Math.min(pollMs, leftMs), gone.signal);
  }
}
