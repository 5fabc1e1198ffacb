import { sendJson } from "#server/http/answer.ts";
import type { Mount } from "#server/http/protocol.ts";
import { metrics } from "./metrics.ts";
import { Health } from "./readiness.ts";

const paths = ["/api/health/live", "/api/health/ready", "/metrics"];

/** Health checks for load balancers, and metrics for Prometheus. */
export const health: Mount = (services) => {
  const readiness = new Health();
  return {
    name: "health",
    answers: "data",
    match: (path) => paths.includes(path),
    limits: { methods: ["GET", "HEAD"], body: { kind: "small" } },
    async handle({ req, res, path }) {
      if (path === "/metrics") return metrics(req, res, services);
      if (path === "/api/health/live") return sendJson(res, { ok: true });
      const found = await readiness.ready();
      const ok = found.ok && !services.draining();
      return sendJson(res, { ...found, ok }, { status: ok ? 200 : 503 });
    },
    start: () => readiness.start(),
    close: () => readiness.close(),
  };
};
