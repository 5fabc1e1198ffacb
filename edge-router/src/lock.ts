import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const sqliteBusy = 5;

/**
 * Holds a state folder for one process. The operating system releases it when the process ends, however
 * it ends, so a crash leaves nothing to clean up.
 *
 * @returns a function that releases it, or null when another process holds the folder.
 * @throws an error of which `isDiskFault` is true when that cannot be found out now.
 */
export function lockStateDir(stateDir: string): (() => void) | null {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path.join(stateDir, "lock.db"));
  try {
    db.exec("pragma locking_mode = exclusive; pragma busy_timeout = 0; begin exclusive");
    return () => db.close();
  } catch (error) {
    db.close();
    const isHeld = error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
    if (!isHeld) throw error;
    return null;
  }
}
