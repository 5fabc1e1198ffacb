import { type Logger, pino } from "pino";

export type { Logger };

/**
 * The log: one JSON line for each event on standard output. Ids, counts, hashes and AE titles only;
 * what could carry a patient or a secret is cut out even if somebody passes it by mistake.
 */
export function createLogger(): Logger {
  return pino({
    name: "edge",
    redact: {
      paths: [
        "patientName",
        "patientId",
        "accessionNumber",
        "authorization",
        "accessToken",
        "assertion",
        "*.authorization",
      ],
      censor: "[cut]",
    },
    timestamp: pino.stdTimeFunctions.isoTime,
    base: { name: "edge" },
  });
}
