import pino from "pino";

/**
 * Structured log of one process. Only ids, counts, codes and durations belong in it; the paths below are
 * the safety net for what must never appear.
 */
export function createLog(process: "web" | "dicomweb" | "worker" | "cli", level = "info") {
  return pino({
    name: process,
    level,
    redact: {
      paths: [
        "password",
        "token",
        "authorization",
        "cookie",
        "patientName",
        "patientId",
        "*.password",
        "*.token",
        "*.authorization",
        "*.cookie",
        "*.patientName",
        "*.patientId",
        "req.headers",
      ],
      censor: "[redacted]",
    },
  });
}
export type Log = ReturnType<typeof createLog>;
