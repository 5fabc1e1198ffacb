import { destination, type Logger, pino } from "pino";

export type { Logger };

/**
 * What may be logged of an unexpected error: its kind, its code and where in the program it came up. Its text may quote what it
 * was working on.
 */
export function faultOf(error: unknown): { type: string; code?: string; at: string[] } {
  if (!(error instanceof Error)) return { type: typeof error, at: [] };
  const code = "code" in error && typeof error.code === "string" && /^\w{1,40}$/.test(error.code) ? error.code : null;
  const at = (error.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line));
  return { type: error.constructor.name, ...(code ? { code } : {}), at: at.slice(0, 12).map((line) => line.trim()) };
}

const mostUnwrittenBytes = 1024 * 1024;

/**
 * The log: one JSON line for each event on standard output. Ids, counts, hashes and AE titles only;
 * what could carry a patient or a secret is cut out even if it is passed by mistake.
 */
export function createLogger(): Logger {
  const out = destination({ fd: 1, sync: true, maxLength: mostUnwrittenBytes });
  // Where the log goes may be a file on the very disk that is full: then there is no log, and all else goes on.
  out.on("error", () => undefined);
  const options = {
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
  };
  return pino(options, out);
}
