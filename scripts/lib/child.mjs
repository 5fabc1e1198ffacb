import { spawn } from "node:child_process";
import { until } from "./ports.mjs";

/**
 * Starts a program in a process group of its own, so that a Ctrl-C at the terminal reaches the supervisor alone.
 *
 * @param options.stopSignal asks it to end in order; `options.killSignal` takes it down at once.
 * @returns what `Supervisor.keep` wants of a launch, and `hasEnded()`.
 */
export function startChild(program, args, { stopSignal = "SIGTERM", killSignal = "SIGKILL", ...spawnOptions }) {
  const child = spawn(program, args, { detached: true, ...spawnOptions });
  let ended = false;
  const exited = new Promise((resolve) => {
    const done = (how) => {
      ended = true;
      resolve(how);
    };
    child.once("exit", (code, signal) => done(signal ?? `exit ${code}`));
    child.once("error", (error) => done(error.code ?? error.message));
  });
  const send = (signal) => {
    try {
      if (!ended && child.pid) process.kill(child.pid, signal);
    } catch {
      // it ended meanwhile
    }
  };
  return {
    pid: child.pid,
    exited,
    hasEnded: () => ended,
    async stop(deadlineMs = 20_000) {
      send(stopSignal);
      await until(() => ended, { deadlineMs, what: "ending" }).catch(() => send("SIGKILL"));
      await exited;
    },
    kill: () => send(killSignal),
  };
}
