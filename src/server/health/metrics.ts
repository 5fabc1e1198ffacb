import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { waitingReads } from "#server/audit/index.ts";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import type { Tx } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import type { SharedServices } from "#server/http/protocol.ts";
import { tallyBuckets } from "#server/http/tallies.ts";

type Counts = {
  outbox_waiting: number;
  outbox_failed: number;
  deliveries_waiting: number;
  edges_online: number;
  edges_enrolled: number;
  sessions_open: number;
  instances_quarantined: number;
  instances_damaged: number;
};

/**
 * Answers `GET /metrics` in the Prometheus text format (version 0.0.4): the whole installation's counts for the
 * platform's own token; for a hospital's or reading group's only their own, and nothing about the shared machine.
 *
 * @throws {DomainError} `auth.required`; `auth.forbidden` without the scope `metrics`
 */
export async function metrics(
  req: IncomingMessage,
  res: ServerResponse,
  services: Pick<SharedServices, "gauges" | "tallies">,
): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "token" || !actor.scopes.includes("metrics")) throw new DomainError("auth.forbidden");
  const { whole, cases, counts } = await withMaintenance(async (tx) => {
    const { kind } = await tx.organization.findUniqueOrThrow({ where: { id: actor.orgId } });
    return { whole: kind === "platform", ...(await countsFor(tx, kind === "platform" ? null : actor.orgId)) };
  });
  const lines: string[] = [];
  const metric: Metric = (name, type, help, samples) => {
    lines.push(`# HELP overread_${name} ${help}`, `# TYPE overread_${name} ${type}`);
    for (const [suffix, value] of samples) lines.push(`overread_${name}${suffix} ${value}`);
  };
  metric(
    "cases",
    "gauge",
    "Cases by state.",
    cases.map((row) => [`{state="${row.state}"}`, row.count]),
  );
  const help: Record<keyof Counts, string> = {
    outbox_waiting: "Jobs written and not finished.",
    outbox_failed: "Jobs that a person has to look at.",
    deliveries_waiting: "Objects on their way back to a hospital.",
    edges_online: "Edge routers heard from in the last 45 seconds.",
    edges_enrolled: "Edge routers enrolled and not revoked.",
    sessions_open: "Sessions neither expired nor revoked.",
    instances_damaged: "Instances whose object a scrub found missing or damaged.",
    instances_quarantined: "Instances set aside because their UID came with other bytes.",
  };
  for (const [name, value] of Object.entries(counts)) metric(name, "gauge", help[name as keyof Counts], [["", value]]);
  const waiting = await waitingReads(whole ? null : actor.orgId);
  metric("audit_reads_waiting", "gauge", "Reads without a place in the audit chain yet.", [["", waiting.count]]);
  metric("audit_reads_oldest_seconds", "gauge", "Since when the oldest of them waits.", [["", waiting.oldestSeconds]]);
  if (whole) processMetrics(metric, services);
  res.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  res.end(`${lines.join("\n")}\n`);
}

/** Counts of one organisation, as sender or as reader; of all without an organisation. */
async function countsFor(tx: Tx, orgId: string | null) {
  const cases = await tx.$queryRaw<{ state: string; count: number }[]>`
    SELECT s.state::text, count(c.id)::int AS count FROM unnest(enum_range(NULL::"CaseState")) AS s(state)
    LEFT JOIN reading_case c ON c.state = s.state AND (${orgId}::uuid IS NULL OR ${orgId}::uuid IN (c.org_id, c.reader_org_id))
    GROUP BY s.state ORDER BY s.state`;
  const [counts] = await tx.$queryRaw<[Counts]>`
    WITH asked AS (SELECT ${orgId}::uuid AS org)
    SELECT
      (SELECT count(*)::int FROM outbox_job WHERE (org IS NULL OR org_id = org) AND done_at IS NULL AND failed_at IS NULL) AS outbox_waiting,
      (SELECT count(*)::int FROM outbox_job WHERE (org IS NULL OR org_id = org) AND failed_at IS NOT NULL) AS outbox_failed,
      (SELECT count(*)::int FROM delivery WHERE (org IS NULL OR org_id = org) AND state = 'waiting') AS deliveries_waiting,
      (SELECT count(*)::int FROM edge_router WHERE (org IS NULL OR org_id = org) AND revoked_at IS NULL AND last_heartbeat_at > now() - interval '45 seconds') AS edges_online,
      (SELECT count(*)::int FROM edge_router WHERE (org IS NULL OR org_id = org) AND revoked_at IS NULL) AS edges_enrolled,
      (SELECT count(*)::int FROM session WHERE (org IS NULL OR org_id = org) AND revoked_at IS NULL AND expires_at > now()) AS sessions_open,
      (SELECT count(*)::int FROM instance WHERE (org IS NULL OR org_id = org) AND status = 'quarantined') AS instances_quarantined,
      (SELECT count(*)::int FROM instance WHERE (org IS NULL OR org_id = org) AND damaged_at IS NOT NULL) AS instances_damaged
    FROM asked`;
  return { cases, counts };
}

type Metric = (
  name: string,
  type: "gauge" | "counter" | "histogram",
  help: string,
  samples: [string, number][],
) => void;

/** Metrics of this process, which serves every organisation. */
function processMetrics(metric: Metric, { gauges, tallies }: Pick<SharedServices, "gauges" | "tallies">): void {
  for (const { name, help, value } of gauges()) metric(name, "gauge", help, [["", value]]);
  metric("resident_memory_bytes", "gauge", "Resident memory of the front door.", [["", process.memoryUsage().rss]]);
  metric("uptime_seconds", "gauge", "Seconds since the front door started.", [["", Math.round(process.uptime())]]);
  metric(
    "http_requests_total",
    "counter",
    "Requests answered by the front door.",
    tallies
      .entries()
      .flatMap(([door, { byStatus }]) =>
        [...byStatus].map(([status, count]): [string, number] => [`{door="${door}",status="${status}"}`, count]),
      ),
  );
  metric(
    "http_request_duration_seconds",
    "histogram",
    "Time to answer a request, from its head to the end of the answer.",
    tallies
      .entries()
      .flatMap(([door, tally]): [string, number][] => [
        ...tallyBuckets.map((limit, i): [string, number] => [
          `_bucket{door="${door}",le="${limit}"}`,
          tally.buckets[i]!,
        ]),
        [`_bucket{door="${door}",le="+Inf"}`, tally.count],
        [`_sum{door="${door}"}`, tally.sum],
        [`_count{door="${door}"}`, tally.count],
      ]),
  );
}
