import { say } from "./say.mjs";

/**
 * Keeps processes running: one that ends is restarted, after a pause that grows while it keeps ending. A failed start
 * is retried for ever; nothing that happens to one process ends the supervisor or affects another.
 *
 * A process is described by `launch()`, which resolves to `{ pid, exited, stop(deadlineMs), kill() }`; `exited` is a
 * promise of a text on how it ended.
 */
export class Supervisor {
  #entries = new Map();
  #stopping = false;
  #changed;
  #say;

  /** @param onChange called with process ids by name whenever one was started. */
  constructor({ onChange = () => {}, report = say } = {}) {
    this.#changed = onChange;
    this.#say = report;
  }

  /**
   * Starts a process for the first time and keeps it running from then on. An error of the first start is the caller's
   * to report.
   */
  async keep(name, launch) {
    const entry = { name, launch, running: null, failures: 0, timer: null, stopped: false, startedAt: 0 };
    this.#entries.set(name, entry);
    await this.#start(entry);
    return entry.running;
  }

  get pids() {
    const pids = {};
    for (const { name, running } of this.#entries.values()) if (running) pids[name] = running.pid;
    return pids;
  }

  async #start(entry) {
    const startedAt = Date.now();
    const running = await entry.launch();
    if (entry.stopped || this.#stopping) {
      await running.stop();
      return;
    }
    Object.assign(entry, { running, startedAt });
    this.#changed(this.pids);
    // Not awaited: it is pending for as long as the process lives.
    void running.exited.then((how) => this.#ended(entry, running, how));
  }

  #ended(entry, running, how) {
    if (entry.running !== running) return;
    entry.running = null;
    if (entry.stopped || this.#stopping) return;
    if (Date.now() - entry.startedAt > 60_000) entry.failures = 0;
    this.#say(`${entry.name} ended (${how}); starting it again.`);
    this.#again(entry);
  }

  /** One restart at a time: the next is scheduled when this one has finished. */
  #again(entry) {
    entry.failures++;
    const pauseMs = Math.min(200 * 2 ** (entry.failures - 1), 10_000);
    entry.timer = setTimeout(() => {
      this.#start(entry).catch((error) => {
        if (entry.stopped || this.#stopping) return;
        this.#say(`${entry.name} could not be started: ${error.message} Trying again.`);
        this.#again(entry);
      });
    }, pauseMs);
  }

  /** Ends one process gracefully, for good. */
  async stop(name, deadlineMs) {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.stopped = true;
    clearTimeout(entry.timer);
    await entry.running?.stop(deadlineMs);
    this.#entries.delete(name);
  }

  /** Nothing is restarted from now on. */
  quiesce() {
    this.#stopping = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
  }

  /** Kills everything at once. */
  killAll() {
    this.quiesce();
    for (const { running } of this.#entries.values()) running?.kill();
  }
}
