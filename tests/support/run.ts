import { spawn } from "node:child_process";

/** Runs a program to its end. DCMTK leaves Nagle on unless told; a test must not wait for it. */
export function run(
  command: string,
  args: string[],
  {
    cwd,
    env,
    timeoutMs = 120_000,
    input,
  }: { cwd?: string; env?: Record<string, string>; timeoutMs?: number; input?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, TCP_NODELAY: "1", ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk) => out.push(chunk));
    child.stderr?.on("data", (chunk) => err.push(chunk));
    if (input !== undefined) child.stdin?.end(input);
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      const bytes = Buffer.concat(out);
      resolve({ code: code ?? -1, stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes });
    });
  });
}
