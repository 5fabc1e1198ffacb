import { existsSync, renameSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Ballast } from "./ballast.ts";
import { DamagedIndex, openDatabase } from "./database.ts";
import { isIndexFault } from "./disk-fault.ts";

/** The index; a damaged one is renamed and kept beside the new one for inspection. */
export function openIndex(file: string, ballast: Ballast): { db: DatabaseSync; isRebuilt: boolean } {
  try {
    return { db: openWithBallast(file, ballast), isRebuilt: false };
  } catch (error) {
    if (!(error instanceof DamagedIndex)) throw error;
    const aside = `${file}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    for (const part of ["", "-wal", "-shm"])
      if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${aside}${part}`);
    return { db: openWithBallast(file, ballast), isRebuilt: true };
  }
}

/** The index, for which the ballast is given up when there is no room to open it. */
function openWithBallast(file: string, ballast: Ballast): DatabaseSync {
  try {
    return openDatabase(file);
  } catch (error) {
    if (!isIndexFault(error) || !ballast.drop()) throw error;
    return openDatabase(file);
  }
}
