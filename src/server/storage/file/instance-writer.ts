import { Worker } from "node:worker_threads";
import type { InstanceOwner } from "#server/storage/object-store.ts";
import type { WriteAnswer, WriteTask } from "./instance-writer-thread.ts";

/** An instance being written. */
export type StoredBytes = {
  /** Of the data set; known before the bytes are on disk. */
  dataSetSha256: Promise<string>;
  /** Resolves when bytes and name are durable. @throws the disk's error, with its code */
  durable: Promise<void>;
};

type Waiting = {
  named: (dataSetSha256: string) => void;
  done: () => void;
  failed: (error: WriteError) => void;
};

/** The disk's error. */
export class WriteError extends Error {
  readonly code: string | undefined;
  /** A sync failed: the disk is no longer trusted. */
  readonly syncing: boolean;
  constructor({ code, message, syncing }: { code: string | undefined; message: string; syncing: boolean }) {
    super(message);
    this.code = code;
    this.syncing = syncing;
  }
}

/** Threads that wait for the disk. More than a few only make it seek. */
const threadLimit = 4;
/** An idle thread is ended after this, to free its memory. */
const idleMs = 60_000;

/**
 * Hashes and writes instances in threads of its own: an instance takes seven calls to become durable, and each one from
 * the main thread would cost a turn of its event loop.
 */
export class InstanceWriter {
  readonly #workerData: { root: string; owner: string };
  #threads: WriterThread[] = [];
  #sequence = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(root: string, owner: string) {
    this.#workerData = { root, owner };
  }

  /** @param dataSet in shared memory, unchanged until `durable` is settled. */
  write(owner: InstanceOwner, head: Uint8Array, dataSet: Uint8Array): StoredBytes {
    const thread = this.#leastBusy();
    clearTimeout(this.#idle);
    const stored = thread.write({ id: ++this.#sequence, ...owner, head, dataSet });
    stored.durable.then(this.#rest, this.#rest);
    return stored;
  }

  /** Replaces all threads: the present ones end with their work, and with what they know of the disk. */
  retire(): void {
    for (const thread of this.#threads.splice(0)) thread.retire();
  }

  readonly #rest = (): void => {
    if (this.#threads.some(({ busy }) => busy > 0)) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      for (const thread of this.#threads.splice(0)) thread.stop();
    }, idleMs);
    this.#idle.unref();
  };

  #leastBusy(): WriterThread {
    this.#threads = this.#threads.filter(({ alive }) => alive);
    const [first] = this.#threads.sort((a, b) => a.busy - b.busy);
    if (first && (first.busy === 0 || this.#threads.length >= threadLimit)) return first;
    const started = new WriterThread({ ...this.#workerData, owner: `${this.#workerData.owner}.${++this.#sequence}` });
    this.#threads.push(started);
    return started;
  }
}

class WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  alive = true;

  constructor(workerData: { root: string; owner: string }) {
    this.#worker = new Worker(new URL("./instance-writer-thread.ts", import.meta.url), { workerData });
    this.#worker.unref();
    this.#worker.on("message", (answer: WriteAnswer) => this.#take(answer));
    const lost = (): void => this.#lose();
    this.#worker.on("error", lost).on("exit", lost);
  }

  get busy(): number {
    return this.#waiting.size;
  }

  write(task: WriteTask): StoredBytes {
    const named = Promise.withResolvers<string>();
    const durable = Promise.withResolvers<void>();
    // The caller may have given up.
    named.promise.catch(() => {});
    durable.promise.catch(() => {});
    this.#waiting.set(task.id, {
      named: named.resolve,
      done: durable.resolve,
      failed: (error) => {
        named.reject(error);
        durable.reject(error);
      },
    });
    // The process must not exit while a write is running.
    if (this.busy === 1) this.#worker.ref();
    this.#worker.postMessage(task);
    return { dataSetSha256: named.promise, durable: durable.promise };
  }

  stop(): void {
    this.alive = false;
    void this.#worker.terminate();
  }

  retire(): void {
    this.alive = false;
    if (this.busy === 0) this.stop();
  }

  #take(answer: WriteAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    if ("dataSetSha256" in answer) {
      waiting.named(answer.dataSetSha256);
      return;
    }
    this.#waiting.delete(answer.id);
    if (this.busy === 0) this.#worker.unref();
    if (this.busy === 0 && !this.alive) this.stop();
    if ("durable" in answer) waiting.done();
    else waiting.failed(new WriteError(answer.error));
  }

  #lose(): void {
    this.alive = false;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of lost) failed(new WriteError({ code: "EIO", message: "thread lost", syncing: false }));
  }
}
