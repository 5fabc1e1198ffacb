import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../scripts/lib/ports.mjs";
import { patienceMs } from "../../support/patience.ts";

export { freePort };

/**
 * The whole product as `npm start` runs it, on free ports and a data folder of its own, with the demo organisations
 * and no demo studies. Tests reach it only as its users would: HTTP, DICOM, browser; and they may kill its processes.
 */
export type Stack = {
  baseUrl: string;
  dimsePort: number;
  edgeAet: string;
  demoPassword: string;
  dataDir: string;
  /** Process ids by name (web, dicomweb, worker, edge, Postgres, Redis), as of now. */
  pids(): Record<string, number>;
  /** kill -9 of one process; the supervisor starts it again. */
  kill(name: string): void;
  log(name: string): string;
  /** Ends everything in order. `keepData` leaves the folder for another start. */
  stop(options?: { keepData?: boolean }): Promise<void>;
};

const root = fileURLToPath(new URL("../../../", import.meta.url));
const demoPassword = "correct horse battery staple";

/** Waits for a condition, with a deadline; the error names what did not happen. */
export async function until<T>(
  what: string,
  check: () => Promise<T> | T,
  { deadlineMs = patienceMs, everyMs = 100 } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs / 1000} s`, { cause: last });
    await pause(everyMs);
  }
}

/**
 * A data folder as the first start of the product leaves it: made once in a run, since every stack would spend the same
 * seconds on it. Where the first start itself is the matter, tests give a folder of their own.
 */
async function startedOnce(): Promise<string> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "overread-e2e-"));
  if (!process.env.OVERREAD_TEST_SHARED) return dir;
  const model = path.join(process.env.OVERREAD_TEST_SHARED, "stack");
  const made = `${model}-made`;
  if (!existsSync(made)) {
    rmSync(model, { recursive: true, force: true });
    const stack = await startStack({ dataDir: model });
    await stack.stop({ keepData: true });
    rmSync(path.join(model, "log"), { recursive: true, force: true });
    writeFileSync(made, "");
  }
  // The database lies elsewhere where its user may not enter this folder: that cannot be copied.
  if (existsSync(path.join(model, "postgres", "location"))) return dir;
  execFileSync("cp", ["-a", `${model}/.`, dir]);
  return dir;
}

export async function startStack({
  dataDir,
  env = {},
}: {
  dataDir?: string;
  env?: Record<string, string>;
} = {}): Promise<Stack> {
  const dir = dataDir ?? (await startedOnce());
  const port = await freePort();
  const dimsePort = await freePort();
  const edgeAet = "OVERREAD";
  const child: ChildProcess = spawn(process.execPath, [path.join(root, "scripts/start.mjs")], {
    cwd: root,
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      NODE_ENV: "production",
      DATABASE_URL: "",
      REDIS_URL: "",
      OVERREAD_PORT: String(port),
      OVERREAD_DATA_DIR: dir,
      OVERREAD_EDGE_DIMSE_PORT: String(dimsePort),
      OVERREAD_EDGE_AET: edgeAet,
      OVERREAD_DEMO_PASSWORD: demoPassword,
      OVERREAD_DEMO_STUDIES: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let exited = false;
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  child.on("exit", () => {
    exited = true;
  });
  // The stack must not outlive the test process, whatever happens to it.
  const end = () => {
    if (!exited) child.kill("SIGTERM");
  };
  process.once("exit", end);
  await until("npm start saying that it is ready", () => exited || output.includes("Overread is ready"), {
    deadlineMs: 600_000,
  }).catch((error) => {
    throw new Error(`${error.message}\n${output}`, { cause: error });
  });
  // What has ended will not be ready: said at once, not after the deadline.
  if (exited) throw new Error(`npm start ended:\n${output}`);
  const pids = (): Record<string, number> => JSON.parse(readFileSync(path.join(dir, "run.json"), "utf8")).pids;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    dimsePort,
    edgeAet,
    demoPassword,
    dataDir: dir,
    pids,
    kill(name) {
      const pid = pids()[name];
      if (!pid) throw new Error(`no process ${name}`);
      process.kill(pid, "SIGKILL");
    },
    log: (name) => readFileSync(path.join(dir, "log", `${name}.log`), "utf8"),
    async stop({ keepData = false } = {}) {
      process.off("exit", end);
      if (!exited) {
        child.kill("SIGTERM");
        await until("the stack stopping", () => exited);
      }
      if (!keepData) {
        const location = path.join(dir, "postgres", "location");
        try {
          rmSync(path.dirname(readFileSync(location, "utf8")), { recursive: true, force: true });
        } catch {
          // the cluster lies in the data folder itself
        }
        rmSync(dir, { recursive: true, force: true });
      }
    },
  };
}
