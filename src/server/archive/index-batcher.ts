import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import {
  type ArrivingInstance,
  type InstanceRecord,
  type StoredInstance,
  storeInstances,
} from "#server/domain/imaging/index.ts";
import { prepareSoon } from "./prepare-soon.ts";
import { verifyRestored } from "./verify-object.ts";

/** The most instances per transaction: bounds its duration and its parameters. */
const batchLimit = 200;

/** An instance to be entered, the promise of its description with the hash of its bytes, and that of its bytes. */
export type ToIndex = {
  arriving: ArrivingInstance;
  described: Promise<InstanceRecord>;
  durable: Promise<void>;
  requestId: string;
};

type Waiting = ToIndex & {
  resolve: (result: StoredInstance) => void;
  reject: (error: unknown) => void;
};

/**
 * Indexes instances in batches: while one transaction commits, further instances of the same sender are collected for
 * the next. One lock of the study, one audit event and one WAL sync then serve many images, and parallel associations
 * of one study do not queue image by image.
 */
class IndexBatcher {
  readonly #actor: Actor;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  get idle(): boolean {
    return !this.#running && this.#waiting.length === 0;
  }

  /**
   * One that finds nobody before it has its study locked and looked at while it is being hashed. Others come when they are, so
   * that no group waits for a hash of its own.
   */
  add(instance: ToIndex): Promise<StoredInstance> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.#waiting.push({ ...instance, resolve, reject });
        if (!this.#running) void this.#run();
      };
      if (this.idle) enter();
      else instance.described.then(enter, reject);
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, batchLimit));
    this.#running = false;
  }

  async #commit(batch: Waiting[], attempt = 1): Promise<void> {
    const lost = new Map<Waiting, unknown>();
    const all = async <T>(promised: (each: Waiting) => Promise<T>): Promise<T[]> => {
      const noting = (each: Waiting) => promised(each).catch((error: unknown): void => void lost.set(each, error));
      const results = await Promise.all(batch.map(noting));
      if (lost.size > 0) throw new DomainError("storage.unavailable");
      return results as T[];
    };
    const described = () => all(({ described }) => described);
    // No row before its bytes are durable.
    const durable = async (): Promise<void> => void (await all(({ durable }) => durable));
    try {
      const results = await withTenantSql(
        this.#actor,
        (ctx) => storeInstances(ctx, { arriving: batch.map(({ arriving }) => arriving), described, durable }),
        { requestId: batch[0]?.requestId ?? randomUUID(), timeoutMs: 60_000, pipelineOpening: true },
      );
      // A client that got its answer may query the study at once.
      const again = batch.filter((_, index) => results[index]?.outcome !== "stored");
      if (again.length > 0) await verifyRestored(await Promise.all(again.map(({ described }) => described)));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as StoredInstance);
      const grown = results.filter(({ outcome }) => outcome === "stored").map(({ studyId }) => studyId);
      for (const studyId of new Set(grown)) prepareSoon(this.#actor.orgId, studyId);
    } catch (error) {
      if (lost.size > 0) {
        for (const [{ reject }, reason] of lost) reject(reason);
        const kept = batch.filter((each) => !lost.has(each));
        return kept.length > 0 ? this.#commit(kept) : undefined;
      }
      // Two senders of one new series, or of one UID, at the same moment: on retry the second finds the first's rows.
      if (isRace(error) && attempt < 6) return this.#commit(batch, attempt + 1);
      // One refused instance must not fail the others of its batch.
      if (batch.length > 1 && !isOutage(error)) for (const each of batch) await this.#commit([each]);
      else
        for (const { reject } of batch)
          reject(isOutage(error) ? new DomainError("storage.unavailable", { cause: error }) : error);
    }
  }
}

const batchers = new Map<string, IndexBatcher>();

/**
 * Indexes one instance; it is visible, and durable, when the promise resolves.
 *
 * @throws what `durable` throws, and the database's refusals.
 */
export function indexInstance(actor: Actor, instance: ToIndex): Promise<StoredInstance> {
  const identity = actor.kind === "user" ? actor.userId : actor.kind === "token" ? actor.tokenId : actor.name;
  const key = `${actor.orgId}/${actor.kind}/${identity}`;
  let batcher = batchers.get(key);
  if (!batcher) {
    if (batchers.size > 200) for (const [name, other] of batchers) if (other.idle) batchers.delete(name);
    batcher = new IndexBatcher(actor);
    batchers.set(key, batcher);
  }
  return batcher.add(instance);
}

/** Whether the error, or one of its causes, has such a code: an SQLSTATE, or one of ours. */
function hasCode(error: unknown, wanted: RegExp): boolean {
  for (let e = error as { code?: unknown; cause?: unknown } | undefined; e; e = e.cause as typeof e)
    if (typeof e.code === "string" && wanted.test(e.code)) return true;
  return false;
}

/** Unique violation, deadlock, serialisation failure. */
const isRace = (error: unknown): boolean => hasCode(error, /^(23505|40P01|40001)$/);
/** The database is unavailable, shutting down, or out of space. */
const isOutage = (error: unknown): boolean => hasCode(error, /^(storage\.unavailable|(08|57P|53)\w+)$/);
