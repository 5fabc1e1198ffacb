import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import net from "node:net";
import { until } from "./ports.mjs";
import { giveUp } from "./say.mjs";
import { which } from "./system-packages.mjs";

/** Starts a Redis of our own as BullMQ needs it: append-only file, nothing evicted, password, loopback only. */
export async function startRedis({ dataDir, port, password, log, durable = true }) {
  mkdirSync(dataDir, { recursive: true });
  const program =
    which("redis-server") ?? giveUp("redis-server is missing.", "Install it:  sudo apt-get install redis-server");
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    dataDir,
    "--requirepass",
    password,
    "--maxmemory-policy",
    "noeviction",
    "--appendonly",
    durable ? "yes" : "no",
    "--save",
    "",
    "--daemonize",
    "no",
  ];
  const child = spawn(program, args, { stdio: ["ignore", log ?? "ignore", log ?? "ignore"], detached: true });
  let exited = false;
  child.on("exit", () => {
    exited = true;
  });
  const pong = () =>
    new Promise((resolve, reject) => {
      if (exited)
        giveUp("Redis ended right after it started.", `Another process may use port ${port}; its log says why.`);
      const socket = net.connect(port, "127.0.0.1", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
        if (text.includes("PONG")) {
          socket.destroy();
          resolve(true);
        } else if (text.includes("LOADING")) socket.destroy(new Error("loading"));
      });
      socket.on("error", reject);
      socket.setTimeout(2000, () => socket.destroy(new Error("timeout")));
    });
  await until(pong, { deadlineMs: 30_000, what: "Redis answering" });
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    pid: child.pid,
    get exited() {
      return exited;
    },
    async stop() {
      if (exited) return;
      process.kill(child.pid, "SIGTERM");
      await until(() => exited, { deadlineMs: 20_000, what: "Redis stopping" });
    },
  };
}
