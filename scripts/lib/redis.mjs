import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { startChild } from "./child.mjs";
import { StartFault } from "./fault.mjs";
import { until } from "./ports.mjs";
import { which } from "./system-packages.mjs";

/**
 * Starts a Redis as BullMQ needs it: append-only file, no eviction, password, loopback only.
 *
 * The content of Redis can be rebuilt from the outbox, so an append-only file that it cannot read (a power failure
 * leaves zeros at its end) is set aside and Redis starts empty.
 *
 * @param onSetAside called with the path of the unreadable file.
 * @returns what `Supervisor.keep` needs, with its `url`.
 * @throws {StartFault}
 */
export async function startRedis({ dataDir, port, password, log, durable = true, env = process.env, onSetAside }) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  const options = { dataDir, port, password, log, durable, env };
  try {
    return await launch(options);
  } catch (error) {
    const appendOnly = path.join(dataDir, "appendonlydir");
    if (!(error instanceof EndedWhileLoading) || !durable || !existsSync(appendOnly)) throw error;
    const aside = `${appendOnly}.unreadable-${Date.now()}`;
    renameSync(appendOnly, aside);
    onSetAside?.(aside);
    return launch(options);
  }
}

/** Redis had its port and exited all the same: it could not read its file. */
class EndedWhileLoading extends StartFault {}

async function launch({ dataDir, port, password, log, durable, env }) {
  const program = which("redis-server");
  if (!program) throw new StartFault("redis-server is missing.", "Install it:  sudo apt-get install redis-server");
  if (!(await portIsFree(port))) throw new StartFault(`Port ${port} is in use.`, "Run this again.");
  const settings = {
    port,
    bind: "127.0.0.1",
    dir: dataDir,
    requirepass: password,
    "maxmemory-policy": "noeviction",
    appendonly: durable ? "yes" : "no",
    save: "",
    daemonize: "no",
  };
  // In a file, since every user of the machine can read arguments.
  const file = path.join(dataDir, "redis.conf");
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} "${String(value).replace(/["\\]/g, "\\$&")}"\n`,
  );
  writeFileSync(file, lines.join(""), { mode: 0o600 });
  const child = startChild(program, [file], { env, stdio: ["ignore", log ?? "ignore", log ?? "ignore"] });
  await until(() => child.hasEnded() || answersPing(port, password), {
    deadlineMs: 60_000,
    what: "Redis answering",
  }).catch(async (error) => {
    await child.stop();
    throw new StartFault(error.message, "Its log says why.");
  });
  if (child.hasEnded())
    throw new EndedWhileLoading(`Redis ended right after it started (${await child.exited}).`, "Its log says why.");
  return { ...child, url: `redis://:${password}@127.0.0.1:${port}` };
}

function portIsFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Resolves to true once it answers, rejects while it does not. */
function answersPing(port, password) {
  return new Promise((resolve, reject) => {
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
    socket.on("close", () => reject(new Error("closed")));
    socket.setTimeout(2000, () => socket.destroy(new Error("timeout")));
  });
}
