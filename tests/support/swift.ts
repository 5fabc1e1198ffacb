import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";

/** OpenStack Swift from Debian's packages, spoken to as S3, behind a gate that can be shut and that can spoil what passes. */
export type Swift = {
  /** Of the gate. */
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** A client of its own, past the product. */
  client: S3Client;
  /** Whoever comes finds nobody; who is there is cut off. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Changes what goes to the server, until it is called with nothing. */
  spoil(change?: (bytes: Buffer) => Buffer): void;
  /** Breaks the next connection off once so many bytes have come back through it. */
  cutAfter(bytes: number): void;
  /** Says nothing more on the next so many connections once so many bytes have come back through each, and leaves them open. */
  fallSilent(connections: number, afterBytes: number): void;
  /** Lets the first so many bytes of each connection to the server through in pieces, with a pause behind each, until it is called with nothing. */
  thinLine(pauseMs?: number, bytes?: number): void;
  close(): Promise<void>;
};

/** Every Swift of this process takes it: a process has one set of credentials. */
const secretAccessKey = randomBytes(12).toString("hex");

/**
 * Starts a Swift of its own for a test file, on free ports and in a folder of its own.
 *
 * @param conditional whether it knows conditional puts. Swift's s3api does not; S3 does.
 */
export async function startSwift(buckets: string[], { conditional = true } = {}): Promise<Swift> {
  const folder = mkdtempSync(path.join(tmpdir(), "overread-swift-"));
  const script = fileURLToPath(new URL("./serve-swift.py", import.meta.url));
  const child = spawn("/usr/bin/python3", [script, folder, conditional ? "1" : "0"], {
    env: { ...process.env, OVERREAD_TEST_S3_KEY: secretAccessKey },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    said = (said + data.toString()).slice(-4000);
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve(Number(/\d+/.exec(line)?.[0])));
    child.once("exit", () => reject(new Error(`Swift ended: ${said}`)));
    child.once("error", reject);
  });

  const open = new Set<Socket>();
  let change: ((bytes: Buffer) => Buffer) | undefined;
  let cutAt: number | undefined;
  let toSilence = 0;
  let silentAt = 0;
  let pauseMs: number | undefined;
  let thinFor = 0;
  const gate = createServer((from) => {
    let passed = 0;
    let taken = 0;
    let isSilent = false;
    const to = connect(port, "127.0.0.1");
    for (const socket of [from, to]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket
        .on("error", () => {})
        .once("close", () => {
          open.delete(socket);
          from.destroy();
          to.destroy();
        });
    }
    from.on("data", (bytes) => {
      to.write(change ? change(bytes as Buffer) : bytes);
      taken += bytes.length;
      if (pauseMs === undefined || taken > thinFor) return;
      from.pause();
      setTimeout(() => from.resume(), pauseMs);
    });
    to.on("data", (bytes: Buffer) => {
      passed += bytes.length;
      if (toSilence > 0 && passed > silentAt && !isSilent) {
        toSilence--;
        isSilent = true;
      }
      if (isSilent) return;
      if (cutAt !== undefined) cutAt -= bytes.length;
      if (cutAt !== undefined && cutAt <= 0) {
        cutAt = undefined;
        from.destroy();
      } else if (!from.write(bytes)) {
        to.pause();
        from.once("drain", () => to.resume());
      }
    });
    to.on("end", () => from.end());
  });
  const listen = (at: number) => new Promise<void>((resolve) => gate.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const gatePort = (gate.address() as { port: number }).port;
  const shut = async (): Promise<void> => {
    const closed = new Promise((resolve) => gate.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  const credentials = { accessKeyId: "test:tester", secretAccessKey };
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  for (const Bucket of buckets) await client.send(new CreateBucketCommand({ Bucket }));
  return {
    endpoint: `http://127.0.0.1:${gatePort}`,
    ...credentials,
    client,
    shut,
    open: () => listen(gatePort),
    spoil: (with_) => {
      change = with_;
    },
    cutAfter: (bytes) => {
      cutAt = bytes;
    },
    fallSilent: (connections, afterBytes) => {
      toSilence = connections;
      silentAt = afterBytes;
    },
    thinLine: (ms, bytes = 0) => {
      pauseMs = ms;
      thinFor = bytes;
    },
    async close() {
      client.destroy();
      if (gate.listening) await shut();
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
