import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/lib/ports.mjs";
import { patienceMs } from "../support/patience.ts";
import { FakePortal } from "./edge-portal.ts";

export { freePort };

const main = fileURLToPath(new URL("../../edge-router/src/main.ts", import.meta.url));

/** Waits for a condition; fails with its description when it does not become true. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, ms = patienceMs): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs a program to its end. Disables Nagle's algorithm in DCMTK, whose delays would be measured otherwise. */
export function run(
  program: string,
  args: string[],
  options: { cwd?: string; timeoutMs?: number } = {},
): Promise<{ code: number; output: string; stdout: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, TCP_NODELAY: "1" };
    execFile(
      program,
      args,
      { env, cwd: options.cwd, timeout: options.timeoutMs ?? patienceMs, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 255) : 0;
        resolve({ code, stdout, output: stdout + stderr });
      },
    );
  });
}

function signal(pid: number, name: "SIGKILL" | "SIGTERM"): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

export const hasProgram = async (name: string): Promise<boolean> => (await run("which", [name])).code === 0;

/** Whether the port accepts connections, whatever is answered then. */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/** A folder, a portal of its own and an enrolled edge router that can be started, killed and started again. */
export class EdgeUnderTest {
  readonly portal: FakePortal;
  readonly dir: string;
  readonly stateDir: string;
  readonly port: number;
  child: ChildProcess | null = null;
  log = "";
  exitCode: number | null = null;

  private constructor(portal: FakePortal, dir: string, stateDir: string, port: number) {
    this.portal = portal;
    this.dir = dir;
    this.stateDir = stateDir;
    this.port = port;
  }

  /** @param settings contents of edge.json. */
  static async create(
    options: { settings?: unknown; stateDir?: string; enroll?: boolean } = {},
  ): Promise<EdgeUnderTest> {
    const portal = await new FakePortal().start();
    const dir = mkdtempSync(path.join(os.tmpdir(), "overread-edge-"));
    const edge = new EdgeUnderTest(portal, dir, options.stateDir ?? path.join(dir, "state"), await freePort());
    if (options.enroll !== false) {
      const { code, output } = await edge.cli("enroll", "--portal", portal.origin, "--code", portal.code);
      if (code !== 0) throw new Error(output);
    }
    if (options.settings) writeFileSync(path.join(edge.stateDir, "edge.json"), JSON.stringify(options.settings));
    return edge;
  }

  cli(...args: string[]): Promise<{ code: number; output: string; stdout: string }> {
    return run(process.execPath, [main, ...args, "--dir", this.stateDir]);
  }

  /** @param wrapper program and arguments to run the edge under, such as strace. */
  async start(wrapper: string[] = []): Promise<void> {
    const [program = process.execPath, ...rest] = [...wrapper, process.execPath, main, "run", "--dir", this.stateDir];
    const env = {
      ...process.env,
      OVERREAD_EDGE_DIMSE_PORT: String(this.port),
      // What is traced or made to fail is the edge's work, not the runtime's.
      ...(wrapper.length > 0 ? { NODE_DISABLE_COMPILE_CACHE: "1" } : {}),
    };
    const child = spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.log = "";
    this.exitCode = null;
    child.stdout.on("data", (text: Buffer) => {
      this.log += text;
    });
    child.stderr.on("data", (text: Buffer) => {
      this.log += text;
    });
    child.on("exit", (code) => {
      this.exitCode = code ?? 255;
    });
    await until(
      `edge listens (${this.log.slice(-500)})`,
      () => this.log.includes("edge router listens") || this.exitCode !== null,
    );
    if (this.exitCode !== null) throw new Error(`edge ended: ${this.log}`);
  }

  /** The edge's own process id; under a wrapper it is not the child's. */
  get pid(): number {
    return Number(/"pid":(\d+)[^\n]*edge router listens/.exec(this.log)?.[1]);
  }

  get rssMiB(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1]) / 1024;
  }

  /** Like a power failure; it may have died by itself before. */
  async kill(): Promise<void> {
    signal(this.pid || this.child?.pid || 0, "SIGKILL");
    await until("edge is dead", () => this.exitCode !== null);
  }

  async stop(): Promise<void> {
    if (!this.child || this.exitCode !== null) return;
    signal(this.pid, "SIGTERM");
    await until("edge stops", () => this.exitCode !== null);
  }

  async status(): Promise<{
    queue: { instances: number };
    refused: {
      count: number;
      items: {
        sopInstanceUid?: string;
        studyInstanceUid?: string;
        reason: string;
        callingAeTitle: string;
        at: string;
      }[];
    };
    [key: string]: unknown;
  }> {
    return JSON.parse((await this.cli("status", "--json")).stdout);
  }

  storescu(args: string[], files: string[]): Promise<{ code: number; output: string }> {
    return run("storescu", ["-v", "-aec", "OVERREAD", ...args, "127.0.0.1", String(this.port), ...files]);
  }

  echoscu(...args: string[]): Promise<{ code: number; output: string }> {
    return run("echoscu", ["-v", ...args, "127.0.0.1", String(this.port)]);
  }

  async remove(): Promise<void> {
    try {
      if (this.child && this.exitCode === null) await this.kill();
    } finally {
      await this.portal.stop();
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}
