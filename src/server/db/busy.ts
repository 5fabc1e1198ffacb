import { setTimeout as pause } from "node:timers/promises";

/** Rolled back in favour of another transaction: deadlock, serialisation failure, lock timeout. */
const conflict = /^(40P01|40001|55P03|P2034|TransactionWriteConflict)$/;
/**
 * The database timed out or is unavailable: starting, recovering, shutting down, out of connections, connection lost.
 * 08, 53 and 57 are SQLSTATE classes; P1 and P2 are prefixes of Prisma's codes.
 */
const busy =
  /^(P2028|P2024|P1001|P1002|P1008|P1017|25P0[34]|57014|(08|53|57P)\w{2,3}|ECONN(REFUSED|RESET|ABORTED)|EPIPE|SocketTimeout|ConnectionClosed|DatabaseNotReachable|TooManyConnections)$/;
/** The pool reports its reasons as text only. */
const poolMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection)/;

/** Whether the transaction was rolled back in favour of another and may be run again. */
function isConflict(error: unknown): boolean {
  return some(error, ({ code }) => code !== undefined && conflict.test(code));
}

/** Whether the database was busy or unavailable, so that trying again makes sense. */
export function isBusyDatabase(error: unknown): boolean {
  return some(error, ({ code, message }) =>
    code !== undefined && message !== callerGone && (busy.test(code) || conflict.test(code))
      ? true
      : poolMessages.test(message),
  );
}

/** Node reports a request whose caller disconnected with ECONNRESET too; that is no database error. */
const callerGone = "aborted";

type Fault = { code: string | undefined; message: string };

/** Searches the chain of causes, also where Prisma keeps the driver's error. */
function some(error: unknown, test: (fault: Fault) => boolean, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 8) return false;
  const { code, originalCode, kind, message, cause, meta } = error as Record<string, unknown>;
  const text = typeof message === "string" ? message : "";
  for (const each of [code, originalCode, kind])
    if (test({ code: typeof each === "string" ? each : undefined, message: text })) return true;
  const driver = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
  return some(cause, test, depth + 1) || some(driver, test, depth + 1);
}

/** The number of attempts; the pause between them grows and is randomised. */
const tries = 4;
const firstPauseMs = 20;

/**
 * Runs a transaction, and again where it was rolled back in favour of another.
 *
 * @param idempotent for what only reads or may be repeated: also retried when the database was busy.
 */
export async function retryRolledBack<T>(work: () => Promise<T>, { idempotent = false } = {}): Promise<T> {
  for (let tried = 1; ; tried++)
    try {
      return await work();
    } catch (error) {
      const again = isConflict(error) ? tried < tries : idempotent && tried < 2 && isBusyDatabase(error);
      if (!again) throw error;
      await pause(firstPauseMs * 2 ** tried * (0.5 + Math.random()));
    }
}
