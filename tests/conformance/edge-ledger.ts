import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu/storage.ts";
import { patienceMs } from "../support/patience.ts";
import type { MadeObject } from "./edge-objects.ts";
import { type EdgeUnderTest, until } from "./edge-process.ts";

/** Sends until it cannot, on several associations; what was acknowledged goes into the ledger, which is the sender's. */
export async function sendWithLedger(
  edge: EdgeUnderTest,
  objects: MadeObject[],
  associations: number,
  ledger: Set<MadeObject>,
): Promise<void> {
  const queue = [...objects];
  const peer = { host: "127.0.0.1", port: edge.port, calledAeTitle: "OVERREAD", callingAeTitle: "LEDGER" };
  const sendSome = async (): Promise<void> => {
    try {
      const association = await openStoreAssociation({ ...peer, answerMs: patienceMs, files: objects.slice(0, 1) });
      for (let next = queue.shift(); next; next = queue.shift())
        if ((await association.store(next)) === 0) ledger.add(next);
      await association.release();
    } catch {
      // The edge was killed: what has no answer is not in the ledger.
    }
  };
  await Promise.all(Array.from({ length: associations }, sendSome));
}

/** Waits for the edge to drain, and compares the archive with the ledger. */
export async function assertNothingLost(edge: EdgeUnderTest, ledger: Set<MadeObject>): Promise<void> {
  await until("the spool is drained", async () => (await edge.status()).queue.instances === 0);
  const lost = [...ledger].filter((object) => !edge.portal.holds(object));
  assert.equal(lost.length, 0, "acknowledged, but not in the archive");
  const doubled = [...edge.portal.held].filter(([, times]) => times > 1);
  assert.equal(doubled.length, 0, "brought to the archive twice");
}

/** Files that belong to nothing. */
export const orphans = (edge: EdgeUnderTest): string[] =>
  ["incoming", "objects"].flatMap((name) => readdirSync(path.join(edge.stateDir, "spool", name)));
