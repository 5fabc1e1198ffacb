import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { until } from "./ports.mjs";

/**
 * When a process began, as reported by the system. Process ids are reused; id and start time together identify a
 * process.
 *
 * @returns {string | null} null when there is no such process (or it is a zombie).
 */
export function beginningOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (existsSync("/proc/self/stat")) {
    try {
      // Fields after the program's name, which is in parentheses and may contain anything.
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

/** Whether the process that `note` describes (`{ pid, beginning }`) still runs. */
export const isAlive = (note) => Boolean(note?.beginning) && beginningOf(note.pid) === note.beginning;

/** A note that distinguishes this process from a later one with the same id. */
export const noteOf = (pid) => ({ pid, beginning: beginningOf(pid) });

/** Processes with `name=value` in their environment (Linux; elsewhere none are found). */
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

/** Ends a process: sends `signal`, and kills it when it has not ended in time. */
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
