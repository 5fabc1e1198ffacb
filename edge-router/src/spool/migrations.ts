import type { DatabaseSync } from "node:sqlite";
import { fromUnnumbered } from "./migrations/1-unnumbered.ts";
import { deliveriesByKind } from "./migrations/2-deliveries-by-kind.ts";

/** Changes the shape of the index by one step, inside a transaction of its own. */
export type Migration = (db: DatabaseSync) => void;

/**
 * All shapes that the index has had, in order: the file's `user_version` is how many of them it has been through. One that
 * was released is never changed again; what is new is added at the end.
 */
export const migrations: readonly Migration[] = [fromUnnumbered, deliveriesByKind];

/** The index was written by a later release of the router, whose shape this one does not know. */
export class NewerIndex extends Error {
  constructor(found: number, known: number) {
    super(
      `the spool was written by a newer edge router (its index is of version ${found}, this program knows up to ${known}): ` +
        "install that release or a later one. Nothing in the spool was changed.",
    );
    this.name = "NewerIndex";
  }
}

export const versionOf = (db: DatabaseSync): number =>
  (db.prepare("pragma user_version").get() as { user_version: number }).user_version;

/** @throws {NewerIndex} */
export function assertNotNewer(db: DatabaseSync, known: number = migrations.length): void {
  const found = versionOf(db);
  if (found > known) throw new NewerIndex(found, known);
}

/**
 * Brings the index to the newest shape. Each step and its number are one transaction, so that a crash leaves the file as
 * it was before the step, or behind it.
 */
export function migrate(db: DatabaseSync, steps: readonly Migration[] = migrations): void {
  for (let version = versionOf(db); version < steps.length; version++) {
    db.exec("begin immediate");
    try {
      steps[version]!(db);
      db.exec(`pragma user_version = ${version + 1}`);
      db.exec("commit");
    } catch (error) {
      if (db.isTransaction) db.exec("rollback");
      throw error;
    }
  }
}
