import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withMaintenance } from "#server/db/maintenance.ts";

const doors = ["dicomweb", "edge", "events", "health", "report", "quarantine", "web", "other"] as const;
export type Door = (typeof doors)[number];
const buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

type Tally = { byStatus: Map<string, number>; buckets: number[]; sum: number; count: number };
const tallies = new Map<Door, Tally>(
  doors.map((door) => [door, { byStatus: new Map(), buckets: buckets.map(() => 0), sum: 0, count: 0 }]),
);

/** Counts one answered request of this process. */
export function observe(door: Door, status: number, seconds: number): void {
  const tally = tallies.get(door)!;
  const family = `${Math.floor(status / 100)}xx`;
  tally.byStatus.set(family, (tally.byStatus.get(family) ?? 0) + 1);
  tally.sum += seconds;
  tally.count += 1;
  buckets.forEach((limit, i) => {
    if (seconds <= limit) tally.buckets[i]! += 1;
  });
}

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
 * Answers `GET /metrics` in the Prometheus text format (version 0.0.4): counts of the whole installation, none by tenant.
 *
 * @throws {DomainError} `auth.required`; `auth.forbidden` without the scope `metrics`
 */
export async function metrics(req: IncomingMessage, res: ServerResponse, streams: number): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "token" || !actor.scopes.includes("metrics")) throw new DomainError("auth.forbidden");
  const { cases, counts } = await withMaintenance(async (tx) => ({
    cases: await tx.$queryRaw<{ state: string; count: number }[]>`
      SELECT s.state::text, count(c.id)::int AS count FROM unnest(enum_range(NULL::"CaseState")) AS s(state)
      LEFT JOIN reading_case c ON c.state = s.state GROUP BY s.state ORDER BY s.state`,
    counts: (
      await tx.$queryRaw<[Counts]>`SELECT
        (SELECT count(*)::int FROM outbox_job WHERE done_at IS NULL AND failed_at IS NULL) AS outbox_waiting,
        (SELECT count(*)::int FROM outbox_job WHERE failed_at IS NOT NULL) AS outbox_failed,
        (SELECT count(*)::int FROM delivery WHERE state = 'waiting') AS deliveries_waiting,
        (SELECT count(*)::int FROM edge_router WHERE revoked_at IS NULL AND last_heartbeat_at > now() - interval '45 seconds') AS edges_online,
        (SELECT count(*)::int FROM edge_router WHERE revoked_at IS NULL) AS edges_enrolled,
        (SELECT count(*)::int FROM session WHERE revoked_at IS NULL AND expires_at > now()) AS sessions_open,
        (SELECT count(*)::int FROM instance WHERE status = 'quarantined') AS instances_quarantined,
        (SELECT count(*)::int FROM instance WHERE damaged_at IS NOT NULL) AS instances_damaged`
    )[0],
  }));
  const lines: string[] = [];
  const metric = (name: string, type: "gauge" | "counter" | "histogram", help: string, samples: [string, number][]) => {
    lines.push(`# HELP overread_${name} ${help}`, `# TYPE overread_${name} ${type}`);
    for (const [suffix, value] of samples) lines.push(`overread_${name}${suffix} ${value}`);
  };
  const memory = process.memoryUsage();
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
  metric("event_streams", "gauge", "Screens listening for live updates.", [["", streams]]);
  metric("resident_memory_bytes", "gauge", "Resident memory of the front door.", [["", memory.rss]]);
  metric("uptime_seconds", "gauge", "Seconds since the front door started.", [["", Math.round(process.uptime())]]);
  metric(
    "http_requests_total",
    "counter",
    "Requests answered by the front door.",
    [...tallies].flatMap(([door, { byStatus }]) =>
      [...byStatus].map(([status, count]): [string, number] => [`{door="${door}",status="${status}"}`, count]),
    ),
  );
  metric(
    "http_request_duration_seconds",
    "histogram",
    "Time to answer a request, from its head to the end of the answer.",
    [...tallies].flatMap(([door, tally]): [string, number][] => [
      ...buckets.map((limit, i): [string, number] => [`_bucket{door="${door}",le="${limit}"}`, tally.buckets[i]!]),
      [`_bucket{door="${door}",le="+Inf"}`, tally.count],
      [`_sum{door="${door}"}`, tally.sum],
      [`_count{door="${door}"}`, tally.count],
    ]),
  );
  res.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  res.end(`${lines.join("\n")}\n`);
}
