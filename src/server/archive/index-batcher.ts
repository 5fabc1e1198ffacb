import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Actor } from "#server/domain/context.ts";
import { type InstanceRecord, type StoredInstance, storeInstances } from "#server/domain/imaging/index.ts";

/** Instances of one transaction at most: bounds its time and its parameters. */
const batchLimit = 200;

type Waiting = {
  record: InstanceRecord;
  requestId: string;
  resolve: (result: StoredInstance) => void;
  reject: (error: unknown) => void;
};

/**
 * Enters instances into the index in groups: while one transaction commits, whatever else the same sender has stored
 * meanwhile gathers for the next. One lock of the study, one audit event and one sync of the database's log then
 * serve many images, and parallel associations of one study do not queue behind each other image by image.
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

  add(record: InstanceRecord, requestId: string): Promise<StoredInstance> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, requestId, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, batchLimit));
    this.#running = false;
  }

  async #commit(batch: Waiting[], attempt = 1): Promise<void> {
    try {
      const results = await withTenantSql(
        this.#actor,
        (ctx) => storeInstances(ctx, { instances: batch.map(({ record }) => record) }),
        { requestId: batch[0]?.requestId ?? randomUUID(), timeoutMs: 60_000 },
      );
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as StoredInstance);
    } catch (error) {
      // Two senders of one new series, or of one UID at the same moment: the second look finds what the first wrote.
      if (isRace(error) && attempt < 6) return this.#commit(batch, attempt + 1);
      // One that the database refuses must not take its neighbours along.
      if (batch.length > 1 && !isOutage(error)) for (const each of batch) await this.#commit([each]);
      else
        for (const { reject } of batch)
          reject(isOutage(error) ? new DomainError("storage.unavailable", { cause: error }) : error);
    }
  }
}

const batchers = new Map<string, IndexBatcher>();

/** Enters one stored instance into the index; it is visible when the promise resolves. */
export function indexInstance(actor: Actor, record: InstanceRecord, requestId: string): Promise<StoredInstance> {
  const identity = actor.kind === "user" ? actor.userId : actor.kind === "token" ? actor.tokenId : actor.name;
  const key = `${actor.orgId}/${actor.kind}/${identity}`;
  let batcher = batchers.get(key);
  if (!batcher) {
    if (batchers.size > 200) for (const [name, other] of batchers) if (other.idle) batchers.delete(name);
    batcher = new IndexBatcher(actor);
    batchers.set(key, batcher);
  }
  return batcher.add(record, requestId);
}

/** Walks the causes, since the ORM wraps what the database said. */
function hasCode(error: unknown, test: (code: string, message: string) => boolean): boolean {
  for (
    let e = error as { code?: unknown; meta?: unknown; cause?: unknown; message?: unknown } | undefined, depth = 0;
    e && depth < 6;
    depth++
  ) {
    const codes = [e.code, (e as { originalCode?: unknown }).originalCode];
    const meta = e.meta as { code?: unknown; driverAdapterError?: unknown } | undefined;
    if (meta) codes.push(meta.code);
    const message = typeof e.message === "string" ? e.message : "";
    if (codes.some((code) => typeof code === "string" && test(code, message))) return true;
    e = (e.cause ?? meta?.driverAdapterError) as typeof e;
  }
  return false;
}

/** Unique violation, deadlock, serialisation failure. */
const isRace = (error: unknown): boolean =>
  hasCode(error, (code) => ["23505", "40P01", "40001", "P2002", "P2034"].includes(code));
/** The database is not there: connection failures, shutdown, no free connection in time. */
const isOutage = (error: unknown): boolean =>
  hasCode(
    error,
    (code) =>
      /^(08|57P|53)/.test(code) ||
      ["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2037", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(
        code,
      ),
  );
