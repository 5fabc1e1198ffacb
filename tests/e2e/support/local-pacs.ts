import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { run } from "../../support/run.ts";
import { freePort, until } from "./stack.ts";

/** The hospital's PACS, played by DCMTK's storescp. It may be down (`start` not called) for as long as a test likes. */
export class LocalPacs {
  readonly aeTitle = "LOCALPACS";
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "overread-pacs-"));
  readonly port: number;
  #child: ChildProcess | undefined;
  private constructor(port: number) {
    this.port = port;
  }
  static async create(): Promise<LocalPacs> {
    return new LocalPacs(await freePort());
  }
  async start(): Promise<void> {
    // One file per association and object: an object sent twice shows up twice.
    this.#child = spawn(
      "storescp",
      ["-aet", this.aeTitle, "-od", this.folder, "--unique-filenames", "-fe", ".dcm", "+B", String(this.port)],
      { stdio: "ignore", env: { ...process.env, TCP_NODELAY: "1" } },
    );
    await until(
      "the PACS answering",
      async () => (await run("echoscu", ["-aec", this.aeTitle, "127.0.0.1", String(this.port)])).code === 0,
    );
  }
  received(): string[] {
    return existsSync(this.folder)
      ? readdirSync(this.folder)
          .filter((name) => name.endsWith(".dcm"))
          .map((name) => path.join(this.folder, name))
      : [];
  }
  async close(): Promise<void> {
    this.#child?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
