// `npm start` and `npm run dev`: the whole product on one machine. Starts what is not given (Postgres, Redis), brings the
// database up to date, runs web, dicomweb, worker and one demo edge router, and stops them in order.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bin, root } from "./lib/paths.mjs";
import { freePort, portTaken, until } from "./lib/ports.mjs";
import { ensureDatabase, startPostgres } from "./lib/postgres.mjs";
import { startRedis } from "./lib/redis.mjs";
import { giveUp, say, step } from "./lib/say.mjs";

const dev = process.argv.includes("--dev");
const started = Date.now();
const port = Number(process.env.OVERREAD_PORT ?? 3000);
const dataDir = path.resolve(root, process.env.OVERREAD_DATA_DIR ?? ".data");
const dimsePort = Number(process.env.OVERREAD_EDGE_DIMSE_PORT ?? 11112);
const edgeAet = process.env.OVERREAD_EDGE_AET ?? "OVERREAD";
const external = Boolean(process.env.DATABASE_URL);
const demo = (process.env.OVERREAD_DEMO ?? (external ? "0" : "1")) !== "0";

for (const [name, number] of [
  ["OVERREAD_PORT", port],
  ["OVERREAD_EDGE_DIMSE_PORT", dimsePort],
]) {
  if (!Number.isInteger(number) || number < 1 || number > 65535)
    giveUp(`${name} is not a port number.`, "Use a number from 1 to 65535.");
  if (await portTaken(number))
    giveUp(`Port ${number} is in use.`, `Stop the other program, or start with ${name}=<another port>.`);
}

const logDir = path.join(dataDir, "log");
mkdirSync(logDir, { recursive: true, mode: 0o711 });
const logFile = (name) => openSync(path.join(logDir, `${name}.log`), "a");

// One at a time on one data folder: two would each believe the data is theirs.
const lockFile = path.join(dataDir, "run.json");
if (existsSync(lockFile)) {
  const { supervisor } = JSON.parse(readFileSync(lockFile, "utf8"));
  const alive =
    supervisor !== process.pid &&
    existsSync(`/proc/${supervisor}`) &&
    readFileSync(`/proc/${supervisor}/cmdline`, "utf8").includes("start.mjs");
  if (alive)
    giveUp(
      `Overread already runs on ${dataDir} (process ${supervisor}).`,
      "Stop it, or start with another OVERREAD_DATA_DIR.",
    );
}

function keptSecret(name, bytes = 32) {
  const file = path.join(dataDir, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(bytes).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}
if (external && process.env.NODE_ENV === "production" && !process.env.OVERREAD_SECRET)
  giveUp(
    "OVERREAD_SECRET is not set.",
    "With a database of your own in production, set OVERREAD_SECRET to a random text of 32 characters or more and keep it.",
  );
const secret = process.env.OVERREAD_SECRET ?? keptSecret("secret");

const services = {};
let stopping = false;
const pids = {};
const notePids = () => {
  writeFileSync(`${lockFile}.new`, JSON.stringify({ supervisor: process.pid, port, dimsePort, pids }, null, 2));
  renameSync(`${lockFile}.new`, lockFile);
};

const env = {
  ...process.env,
  NODE_ENV: dev ? "development" : "production",
  OVERREAD_PORT: String(port),
  OVERREAD_DATA_DIR: dataDir,
  OVERREAD_SECRET: secret,
  OVERREAD_EDGE_AET: edgeAet,
};

/** Keeps one process alive: a crash is restarted after a pause that grows, and noted. */
function supervise(name, args, extraEnv = {}) {
  const entry = { child: null, stopped: false, restarts: 0 };
  const launch = () => {
    const out = logFile(name);
    const since = Date.now();
    entry.child = spawn(bin("node"), args, {
      cwd: root,
      env: { ...env, ...extraEnv },
      stdio: ["ignore", out, out],
      detached: true,
    });
    pids[name] = entry.child.pid;
    notePids();
    entry.child.on("exit", (code, signal) => {
      entry.child = null;
      if (entry.stopped || stopping) return;
      entry.restarts = Date.now() - since > 60_000 ? 0 : entry.restarts + 1;
      say(`${name} ended (${signal ?? code}); starting it again. Its log: ${path.join(logDir, `${name}.log`)}`);
      setTimeout(() => !entry.stopped && launch(), Math.min(200 * 2 ** entry.restarts, 10_000));
    });
  };
  entry.stop = async (deadlineMs = 20_000) => {
    entry.stopped = true;
    if (!entry.child) return;
    process.kill(entry.child.pid, "SIGTERM");
    await until(() => !entry.child, { deadlineMs, what: `${name} stopping` }).catch(
      () => entry.child && process.kill(entry.child.pid, "SIGKILL"),
    );
  };
  launch();
  services[name] = entry;
}

/** Runs an operator command to its end. */
function cli(args, extraEnv = {}) {
  const run = spawnSync(bin("node"), [path.join(root, "src/server/cli/main.ts"), ...args], {
    cwd: root,
    env: { ...env, ...extraEnv },
    maxBuffer: 16 << 20,
  });
  if (run.status !== 0) throw new Error(`${args.slice(0, 2).join(" ")} failed:\n${run.stderr}\n${run.stdout}`);
  return run.stdout.toString();
}

async function stopAll() {
  if (stopping) return;
  stopping = true;
  say("Stopping …");
  // From the outside in: nothing new arrives, what runs finishes, then the stores close.
  await services.edge?.stop();
  await Promise.all([services.web?.stop(5000), services.dicomweb?.stop()]);
  await services.worker?.stop();
  await redis?.stop().catch(() => {});
  await postgres?.stop().catch(() => {});
  writeFileSync(lockFile, JSON.stringify({ supervisor: 0, port, dimsePort, pids: {} }));
  say("Stopped.");
}
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, async () => {
    await stopAll();
    process.exit(0);
  });

let postgres;
let redis;
async function embedded(name, launch) {
  const service = await step(`Starting ${name}`, launch);
  const watch = setInterval(async () => {
    if (stopping || !service.current.exited) return;
    say(`${name} ended; starting it again.`);
    service.current = await launch().then((next) => next.current);
    pids[name] = service.current.pid;
    notePids();
  }, 500);
  watch.unref();
  pids[name] = service.current.pid;
  return service;
}

try {
  let databaseUrl = process.env.DATABASE_URL;
  if (!external) {
    const pgPort = await freePort();
    const launch = async () => ({
      current: await startPostgres({
        dataDir: path.join(dataDir, "postgres"),
        port: pgPort,
        log: logFile("postgres"),
        flags: ["shared_buffers=256MB", "max_wal_size=2GB"],
      }),
    });
    const holder = await embedded("Postgres", launch);
    postgres = { stop: () => holder.current.stop() };
    databaseUrl = await ensureDatabase(holder.current.url, "overread");
  }
  env.DATABASE_URL = databaseUrl;
  if (!process.env.REDIS_URL) {
    const redisPort = await freePort();
    const password = keptSecret("redis-password", 18);
    const launch = async () => ({
      current: await startRedis({
        dataDir: path.join(dataDir, "redis"),
        port: redisPort,
        password,
        log: logFile("redis"),
      }),
    });
    const holder = await embedded("Redis", launch);
    redis = { stop: () => holder.current.stop() };
    env.REDIS_URL = holder.current.url;
  }
  env.OVERREAD_WEB_PORT = String(await freePort());
  // For operator commands beside the running stack (scripts/cli.mjs). Readable by this user alone.
  const shared = [
    "OVERREAD_PORT",
    "OVERREAD_DATA_DIR",
    "OVERREAD_SECRET",
    "DATABASE_URL",
    "REDIS_URL",
    "OVERREAD_WEB_PORT",
    "OVERREAD_AUDIT_ANCHOR_DIR",
  ];
  writeFileSync(
    path.join(dataDir, "settings.json"),
    JSON.stringify(Object.fromEntries(shared.map((name) => [name, env[name]])), null, 2),
    { mode: 0o600 },
  );
  await step("Bringing the database up to date", async () => cli(["db", "setup"]));

  let seeded = null;
  const password = process.env.OVERREAD_DEMO_PASSWORD ?? randomBytes(9).toString("base64url");
  if (demo) {
    seeded = await step("Demo organisations", async () =>
      JSON.parse(cli(["demo", "seed", "--json"], { OVERREAD_DEMO_PASSWORD: password })),
    );
  }

  const next = path.join(root, "node_modules/next/dist/bin/next");
  supervise("web", [next, dev ? "dev" : "start", "-p", env.OVERREAD_WEB_PORT, "-H", "127.0.0.1"], {
    NEXT_TELEMETRY_DISABLED: "1",
  });
  supervise("dicomweb", [...(dev ? ["--watch"] : []), path.join(root, "src/server/dicomweb/main.ts")], {
    // Threads that wait for the disk to sync images; four would make parallel senders queue.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? "8",
  });
  supervise("worker", [...(dev ? ["--watch"] : []), path.join(root, "src/workers/main.ts")]);
  const portal = `http://127.0.0.1:${port}`;
  await step("Starting web, dicomweb and worker", () =>
    until(async () => (await fetch(`${portal}/api/health/ready`)).status === 200, {
      deadlineMs: 120_000,
      what: `The portal answering (logs in ${logDir})`,
      everyMs: 200,
    }),
  );

  if (demo) {
    const edgeDir = path.join(dataDir, "edge");
    const edgeMain = path.join(root, "edge-router/src/main.ts");
    const edgeEnv = { ...process.env, OVERREAD_EDGE_DIMSE_PORT: String(dimsePort), OVERREAD_EDGE_AET: edgeAet };
    await step("Starting the demo edge router", async () => {
      const status = spawnSync(bin("node"), [edgeMain, "status", "--json", "--dir", edgeDir], { env: edgeEnv });
      const enrolled = status.status === 0 && JSON.parse(status.stdout.toString()).enrolled === true;
      if (!enrolled) {
        const { code } = JSON.parse(cli(["edge", "enroll-code", "--facility", "lakeside-main", "--json"]));
        const run = spawnSync(bin("node"), [edgeMain, "enroll", "--portal", portal, "--code", code, "--dir", edgeDir], {
          env: edgeEnv,
        });
        if (run.status !== 0) throw new Error(`The edge router could not enrol:\n${run.stderr}${run.stdout}`);
      }
      supervise("edge", [edgeMain, "run", "--dir", edgeDir], edgeEnv);
      await until(async () => portTaken(dimsePort), {
        deadlineMs: 30_000,
        what: `The edge router listening on port ${dimsePort}`,
      });
    });
  }
  notePids();
  say(`(${((Date.now() - started) / 1000).toFixed(0)} s)`);
  say(`\nOverread is ready: http://localhost:${port}\n`);
  if (demo) {
    say("Demo accounts (demo data only, never for patients):");
    for (const account of seeded.accounts) say(`  ${account.email.padEnd(32)} ${account.role}`);
    if (process.env.OVERREAD_DEMO_PASSWORD) say("  password: as set in OVERREAD_DEMO_PASSWORD");
    else if (seeded.created)
      say(`  password: ${password}   (shown this once; set OVERREAD_DEMO_PASSWORD to choose it)`);
    else say("  password: as printed at the first start (npm run cli -- demo seed --reset-password sets a new one)");
    say(`\nDICOM: ${edgeAet} on 127.0.0.1:${dimsePort}. Ctrl-C stops everything.`);
    if (seeded.created && process.env.OVERREAD_DEMO_STUDIES !== "0") {
      const out = logFile("demo-studies");
      spawn(
        bin("node"),
        [path.join(root, "scripts/send-demo-studies.ts"), "--port", String(dimsePort), "--called", edgeAet],
        { cwd: root, env, stdio: ["ignore", out, out] },
      );
    }
  }
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  await stopAll();
  process.exit(1);
}
