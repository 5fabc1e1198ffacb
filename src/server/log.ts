import pino from "pino";

/**
 * What is logged of an error: its class, its code and stack frames of our code. Never its message or other fields: a
 * driver's message quotes values, and its `detail` whole rows.
 */
export function faultOf(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  const frames = error.stack?.split("\n").filter((line) => /^ {4}at /.test(line));
  return {
    type: error.constructor.name,
    ...(/^[\w.-]{1,60}$/.test(String(code ?? "")) ? { code } : {}),
    stack: frames?.slice(0, 20).join("\n"),
    ...(error.cause !== undefined && depth < 4 ? { cause: faultOf(error.cause, depth + 1) } : {}),
  };
}

/**
 * Structured log of one process. Only ids, counts, codes and durations belong in it; the redacted paths below are a
 * safety net.
 */
export function createLog(process: "web" | "dicomweb" | "worker" | "cli" | "storage", level = "info") {
  return pino({
    name: process,
    level,
    serializers: { err: (error: unknown) => faultOf(error) },
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
