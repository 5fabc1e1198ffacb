import { setTimeout as pause } from "node:timers/promises";

/** Rolled back so that another transaction could go on: deadlock, serialisation failure, a lock not had in time. */
const conflict = /^(40P01|40001|55P03|P2034|TransactionWriteConflict)$/;
/**
 * Not done in time, or the database is not there: starts, recovers, shuts down, has no connection left, was cut off. 08, 53 and 57
 * are SQLSTATE classes; P1 and P2 are the ORM's codes.
 */
const busy =
  /^(P2028|P2024|P1001|P1002|P1008|P1017|25P0[34]|57014|(08|53|57P)\w{2,3}|ECONN(REFUSED|RESET|ABORTED)|EPIPE|SocketTimeout|ConnectionClosed|DatabaseNotReachable|TooManyConnections)$/;
/** The pool gives its reasons as text alone. */
const poolMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection)/;

/** Says whether the transaction was undone for the sake of another: run again, it is as if it had come later. */
function isConflict(error: unknown): boolean {
  return some(error, ({ code }) => code !== undefined && conflict.test(code));
}

/** Says whether the database could not do it now, and may be asked again. */
export function isBusyDatabase(error: unknown): boolean {
  return some(error, ({ code, message }) =>
    code !== undefined && message !== callerGone && (busy.test(code) || conflict.test(code))
      ? true
      : poolMessages.test(message),
  );
}

/** What node says, with ECONNRESET, of a request whose caller hung up: that is no database. */
const callerGone = "aborted";

type Fault = { code: string | undefined; message: string };

/** Looks along the causes, also where the ORM keeps what its driver said. */
function some(error: unknown, test: (fault: Fault) => boolean, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 8) return false;
  const { code, originalCode, kind, message, cause, meta } = error as Record<string, unknown>;
  const text = typeof message === "string" ? message : "";
  for (const each of [code, originalCode, kind])
    if (test({ code: typeof each === "string" ? each : undefined, message: text })) return true;
  const driver = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
  return some(cause, test, depth + 1) || some(driver, test, depth + 1);
}

/** So many tries, and between them a time that grows and that two who met do not share. */
const tries = 4;
const firstPauseMs = 20;

/**
 * Runs a transaction, and again where it was undone for another's sake.
 *
 * @param idempotent what only reads, or may be done twice: asked once more also when the database was too busy.
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
