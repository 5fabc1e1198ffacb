import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { until } from "./ports.mjs";

/**
 * When a process began, as the system tells it. A process id is given out again after its process has ended; id and beginning
 * together name one process for good.
 *
 * @returns {string | null} null when there is no such process (or it has ended and nobody has taken note of that yet).
 */
export function beginningOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (existsSync("/proc/self/stat")) {
    try {
      // Fields after the program's name, which stands in brackets and may hold anything.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
      return fields[0] === "Z" ? null : fields[19];
    } catch {
      return null;
    }
  }
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", "lstart="], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}

/** Whether the very process that `note` was taken of (`{ pid, beginning }`) still runs. */
export const isAlive = (note) => Boolean(note?.beginning) && beginningOf(note.pid) === note.beginning;

/** A note by which this process can be told from a later one with the same id. */
export const noteOf = (pid) => ({ pid, beginning: beginningOf(pid) });

/** Processes in whose environment `name=value` stands (Linux; elsewhere none are found). */
export function processesWith(name, value) {
  if (!existsSync("/proc/self/environ")) return [];
  const found = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (`\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(`\0${name}=${value}\0`))
        found.push(noteOf(pid));
    } catch {
      // ended meanwhile, or another user's
    }
  }
  return found;
}

/** Ends a process: asks it by `signal`, and takes it down when it has not ended in time. */
export async function end(note, { signal = "SIGTERM", deadlineMs = 20_000 } = {}) {
  const send = (which) => {
    try {
      if (isAlive(note)) process.kill(note.pid, which);
    } catch {
      // it ended between the two
    }
  };
  send(signal);
  const gone = () => !isAlive(note);
  await until(gone, { deadlineMs, what: "ending" }).catch(() => {
    send("SIGKILL");
    return until(gone, { deadlineMs: 10_000, what: `process ${note.pid} ending` });
  });
}
