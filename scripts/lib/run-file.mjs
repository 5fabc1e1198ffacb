import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { end, isAlive, noteOf, processesWith } from "./processes.mjs";

/** Marks every process of a stack, so that those a dead supervisor left behind can be found. */
export const stackVariable = "OVERREAD_STACK";

/**
 * The processes of the stack on a data folder, recorded in its `run.json`: the supervisor and every process it started.
 * Only one stack may run on a folder: two would corrupt its data.
 */
export class RunFile {
  #file;
  #dataDir;
  #contents = null;

  constructor(dataDir) {
    this.#dataDir = dataDir;
    this.#file = path.join(dataDir, "run.json");
  }

  /** The content; empty where there is no file, or an incomplete one. */
  read() {
    try {
      const contents = JSON.parse(readFileSync(this.#file, "utf8"));
      return contents && typeof contents === "object" ? contents : {};
    } catch {
      return {};
    }
  }

  /** The running supervisor of this folder, or null. */
  supervisor() {
    const { supervisor, supervisorBeginning: beginning } = this.read();
    const note = { pid: supervisor, beginning };
    return supervisor !== process.pid && isAlive(note) ? note : null;
  }

  /** Processes of a stack whose supervisor is gone. Postgres comes last: the others are still writing to it. */
  leftovers() {
    const found = new Map();
    const add = (note) => note?.pid !== process.pid && isAlive(note) && found.set(note.pid, note);
    for (const note of Object.values(this.read().processes ?? {})) add(note);
    for (const note of processesWith(stackVariable, this.#dataDir)) add(note);
    const postmaster = this.#postmaster();
    if (postmaster) found.delete(postmaster.pid);
    return { postmaster, others: [...found.values()] };
  }

  /** Postgres overwrites the memory that shows its environment; its own pid file identifies it. */
  #postmaster() {
    let cluster = path.join(this.#dataDir, "postgres", "cluster");
    try {
      cluster = readFileSync(path.join(this.#dataDir, "postgres", "location"), "utf8");
    } catch {
      // it lies in the data folder
    }
    try {
      const lines = readFileSync(path.join(cluster, "postmaster.pid"), "utf8").split("\n");
      if (path.resolve(lines[1]) !== path.resolve(cluster)) return null;
      const note = noteOf(Number(lines[0]));
      // The id may belong to another program since the machine was restarted.
      const program = readFileSync(`/proc/${note.pid}/cmdline`, "latin1");
      return isAlive(note) && program.includes("postgres") ? note : null;
    } catch {
      return null;
    }
  }

  /** Ends what a dead supervisor left running. @returns how many processes that were. */
  async endLeftovers() {
    const { postmaster, others } = this.leftovers();
    await Promise.all(others.map((note) => end(note)));
    // Fast shutdown: transactions are rolled back, nothing committed is lost.
    if (postmaster) await end(postmaster, { signal: "SIGINT", deadlineMs: 60_000 });
    return others.length + (postmaster ? 1 : 0);
  }

  /** Records what runs now. `processes` are process ids by name. */
  write({ port, dimsePort, pids }) {
    const processes = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, noteOf(pid)]));
    const { beginning } = noteOf(process.pid);
    this.#contents = { supervisor: process.pid, supervisorBeginning: beginning, port, dimsePort, pids, processes };
    this.#save();
  }

  /** Records that everything has ended. */
  clear() {
    if (!this.#contents) return;
    this.#contents = { ...this.#contents, supervisor: 0, supervisorBeginning: null, pids: {}, processes: {} };
    this.#save();
  }

  #save() {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#contents, null, 2), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
