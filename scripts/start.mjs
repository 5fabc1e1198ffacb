// `npm start` and `npm run dev`: the whole product on one machine. Starts Postgres and Redis if none are configured,
// migrates the database, runs web, dicomweb, worker and one demo edge router, and stops them in order.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { environmentOf } from "../src/server/process-keys.ts";
import { startChild } from "./lib/child.mjs";
import { keptSecret, openDataFolder } from "./lib/data-folder.mjs";
import { ensureDatabase } from "./lib/database.mjs";
import { StartFault } from "./lib/fault.mjs";
import { LogFiles } from "./lib/log-files.mjs";
import { bin, root } from "./lib/paths.mjs";
import { freePort, portTaken, until } from "./lib/ports.mjs";
import { startPostgres } from "./lib/postgres.mjs";
import { startRedis } from "./lib/redis.mjs";
import { RunFile, stackVariable } from "./lib/run-file.mjs";
import { say, step } from "./lib/say.mjs";
import { Supervisor } from "./lib/supervisor.mjs";

const dev = process.argv.includes("--dev");
const started = Date.now();
const port = Number(process.env.OVERREAD_PORT ?? 3000);
const dataDir = path.resolve(root, process.env.OVERREAD_DATA_DIR ?? ".data");
const dimsePort = Number(process.env.OVERREAD_EDGE_DIMSE_PORT ?? 11112);
const edgeAet = process.env.OVERREAD_EDGE_AET ?? "OVERREAD";
const external = Boolean(process.env.DATABASE_URL);
const demo = (process.env.OVERREAD_DEMO ?? (external ? "0" : "1")) !== "0";
const portal = `http://127.0.0.1:${port}`;

// Logs, spool, images, secrets: not accessible to other users of the machine.
process.umask(0o077);

let logs;
let runFile;
const supervisor = new Supervisor({ onChange: (pids) => runFile.write({ port, dimsePort, pids }) });

/** The environment of every process. Logins and keys are added, each process's own (`src/server/process-keys.ts`). */
const common = { ...process.env, [stackVariable]: dataDir, OVERREAD_DATA_DIR: dataDir };
for (const name of ["DATABASE_URL", "REDIS_URL", "OVERREAD_SECRET", "OVERREAD_DEMO_PASSWORD"]) delete common[name];
Object.assign(common, {
  NODE_ENV: dev ? "development" : "production",
  OVERREAD_PORT: String(port),
  OVERREAD_EDGE_AET: edgeAet,
});
/** The web process reads no objects, and gets no key to them. */
const bucketCredentials = Object.keys(process.env).filter((name) => name.startsWith("AWS_") && name !== "AWS_REGION");
/** Additional environment of operator commands: they migrate, seed and enrol. */
const operator = {};

let stopping = null;
function stopAll() {
  stopping ??= (async () => {
    say("Stopping …");
    supervisor.quiesce();
    // From the outside in: first nothing new arrives, then running work finishes, then the stores close.
    await supervisor.stop("edge");
    await Promise.all([supervisor.stop("web", 5000), supervisor.stop("dicomweb")]);
    await supervisor.stop("worker");
    await supervisor.stop("mailbox");
    await supervisor.stop("Redis");
    await supervisor.stop("Postgres", 60_000);
    runFile?.clear();
    say("Stopped.");
  })();
  return stopping;
}
let asked = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, async () => {
    if (asked) {
      // A second signal: no more waiting. What is committed is on disk; the rest is as after a power failure.
      supervisor.killAll();
      process.exit(1);
    }
    asked = true;
    await stopAll();
    process.exit(0);
  });
// The terminal may be closed: a failed write to it must not end the shutdown halfway.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
if (process.env.npm_lifecycle_event) {
  // npm started us. If it is killed (kill -9), nobody is left to press Ctrl-C.
  const parent = process.ppid;
  setInterval(async () => {
    if (process.ppid === parent || asked) return;
    asked = true;
    await stopAll();
    process.exit(0);
  }, 1000).unref();
}

/** Keeps one of the product's own programs running. */
const keepProgram = (name, args, env) =>
  supervisor.keep(name, async () => {
    const out = logs.descriptor(name);
    return startChild(bin("node"), args, { cwd: root, env, stdio: ["ignore", out, out] });
  });

/** Runs an operator command to its end. */
function cli(args, extraEnv = {}) {
  const run = spawnSync(bin("node"), [path.join(root, "src/server/cli/main.ts"), ...args], {
    cwd: root,
    env: { ...common, ...operator, ...extraEnv },
    maxBuffer: 16 << 20,
  });
  if (run.status !== 0) throw new StartFault(`${args.slice(0, 2).join(" ")} failed:\n${run.stderr}\n${run.stdout}`);
  return run.stdout.toString();
}

async function openFolder() {
  for (const [name, number] of [
    ["OVERREAD_PORT", port],
    ["OVERREAD_EDGE_DIMSE_PORT", dimsePort],
  ])
    if (!Number.isInteger(number) || number < 1 || number > 65535)
      throw new StartFault(`${name} is not a port number.`, "Use a number from 1 to 65535.");
  openDataFolder(dataDir);
  const file = new RunFile(dataDir);
  const other = file.supervisor();
  if (other)
    throw new StartFault(
      `Overread already runs on ${dataDir} (process ${other.pid}).`,
      "Stop it (npm run stop), or start with another OVERREAD_DATA_DIR.",
    );
  const left = await file.endLeftovers();
  if (left > 0) say(`Ended ${left} processes that an earlier start left behind.`);
  for (const [name, number] of [
    ["OVERREAD_PORT", port],
    ["OVERREAD_EDGE_DIMSE_PORT", dimsePort],
  ])
    if (await portTaken(number))
      throw new StartFault(
        `Port ${number} is in use.`,
        `Stop the other program, or start with ${name}=<another port>.`,
      );
  runFile = file;
  logs = new LogFiles(path.join(dataDir, "log"));
  setInterval(() => logs.rotate(), 5000).unref();
}

/** The configured stores, or embedded ones. Sets what operator commands need. */
async function openStores(secret) {
  operator.DATABASE_URL = process.env.DATABASE_URL;
  if (!external) {
    const pgPort = await freePort();
    const launch = () =>
      startPostgres({
        dataDir: path.join(dataDir, "postgres"),
        port: pgPort,
        log: logs.descriptor("postgres"),
        flags: ["shared_buffers=256MB", "max_wal_size=2GB"],
        onWaiting: say,
      });
    const { url } = await step("Starting Postgres", () => supervisor.keep("Postgres", launch));
    operator.DATABASE_URL = await ensureDatabase(url, "overread", keptSecret(dataDir, "schema-password", 24));
  }
  operator.REDIS_URL = process.env.REDIS_URL;
  if (!process.env.REDIS_URL) {
    const redisPort = await freePort();
    const password = keptSecret(dataDir, "redis-password", 18);
    const launch = () =>
      startRedis({
        dataDir: path.join(dataDir, "redis"),
        port: redisPort,
        password,
        log: logs.descriptor("redis"),
        env: { PATH: process.env.PATH, [stackVariable]: dataDir },
        onSetAside: (aside) =>
          say(`Redis could not read what it had kept; it was set aside (${aside}). Jobs come again from the database.`),
      });
    const { url } = await step("Starting Redis", () => supervisor.keep("Redis", launch));
    operator.REDIS_URL = url;
  }
  operator.OVERREAD_SECRET = secret;
  common.OVERREAD_WEB_PORT = String(await freePort());
  // For operator commands beside the running stack (scripts/cli.mjs). Readable by this user only.
  const shared = [
    "OVERREAD_PORT",
    "OVERREAD_DATA_DIR",
    "OVERREAD_WEB_PORT",
    "OVERREAD_AUDIT_ANCHOR_DIR",
    "OVERREAD_AUDIT_KEY_FILE",
    "OVERREAD_STORAGE",
    "AWS_REGION",
    ...bucketCredentials,
  ];
  writeFileSync(
    path.join(dataDir, "settings.json"),
    JSON.stringify({ ...Object.fromEntries(shared.map((name) => [name, common[name]])), ...operator }, null, 2),
    { mode: 0o600 },
  );
  await step("Bringing the database up to date", async () => cli(["db", "setup"]));
  if (common.OVERREAD_STORAGE?.startsWith("s3:"))
    await step("Asking for the archive's bucket", async () => cli(["archive", "check"]));
}

/** The demo's mails go to a mail server of its own, which shows them on a page and sends nothing anywhere. @returns the page's address */
async function startMailbox() {
  const smtpPort = await freePort();
  const pagePort = Number(process.env.OVERREAD_DEMO_MAIL_PORT ?? (await freePort()));
  await keepProgram(
    "mailbox",
    [path.join(root, "src/server/demo/mailbox/main.ts"), String(smtpPort), String(pagePort)],
    {
      PATH: process.env.PATH,
      [stackVariable]: dataDir,
    },
  );
  common.OVERREAD_SMTP_URL = `smtp://127.0.0.1:${smtpPort}`;
  return `http://localhost:${pagePort}`;
}

async function startPortal(secret) {
  const keys = (name) => environmentOf(name, { ownerUrl: operator.DATABASE_URL, secret });
  const redis = { REDIS_URL: operator.REDIS_URL };
  const watch = dev ? ["--watch"] : [];
  const next = path.join(root, "node_modules/next/dist/bin/next");
  await keepProgram("web", [next, dev ? "dev" : "start", "-p", common.OVERREAD_WEB_PORT, "-H", "127.0.0.1"], {
    ...Object.fromEntries(Object.entries(common).filter(([name]) => !bucketCredentials.includes(name))),
    ...keys("web"),
    NEXT_TELEMETRY_DISABLED: "1",
  });
  // Chunks of request bodies are memory outside the heap, freed when the young generation is collected. Where that grows large
  // V8 marks the whole heap again and again instead (half of the processor time of an image).
  const heap = ["--max-semi-space-size=8"];
  await keepProgram("dicomweb", [...heap, ...watch, path.join(root, "src/server/front-door/main.ts")], {
    ...common,
    ...keys("dicomweb"),
    // glibc otherwise keeps freed buffers of a megabyte and more: the front door would stay a third larger after large
    // objects.
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: "131072",
    ...redis,
    // Threads that wait for the disk to sync images; with the default of four, parallel senders would queue.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? "8",
  });
  await keepProgram("worker", [...watch, path.join(root, "src/workers/main.ts")], {
    ...common,
    ...keys("worker"),
    ...redis,
  });
  await step("Starting web, dicomweb and worker", () =>
    until(async () => (await fetch(`${portal}/api/health/ready`)).status === 200, {
      deadlineMs: 120_000,
      what: `The portal answering (logs in ${path.join(dataDir, "log")})`,
      everyMs: 200,
    }),
  );
}

/** The demo edge router belongs to the hospital: it gets its own settings and nothing of the portal's. */
async function startEdge() {
  const edgeDir = path.join(dataDir, "edge");
  const edgeMain = path.join(root, "edge-router/src/main.ts");
  const own = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|LANG|TZ|NODE_.*|OVERREAD_EDGE_.*)$/.test(name),
  );
  const env = {
    ...Object.fromEntries(own),
    [stackVariable]: dataDir,
    OVERREAD_EDGE_DIMSE_PORT: String(dimsePort),
    OVERREAD_EDGE_AET: edgeAet,
  };
  const run = (args) => {
    const result = spawnSync(bin("node"), [edgeMain, ...args, "--dir", edgeDir], { env, encoding: "utf8" });
    if (result.status !== 0)
      throw new StartFault(`edge ${args[0]} failed:\n${result.stderr}${result.stdout}`, `Its folder is ${edgeDir}.`);
    return result.stdout;
  };
  await step("Starting the demo edge router", async () => {
    const status = JSON.parse(run(["status", "--json"]));
    if (status.enrolled !== true) {
      const { code } = JSON.parse(cli(["edge", "enroll-code", "--facility", "lakeside-main", "--json"]));
      run(["enroll", "--portal", portal, "--code", code]);
    }
    // Started on another port than last time: what is sent would wait for ever.
    else if (status.portal !== portal) run(["move", "--portal", portal]);
    await keepProgram("edge", [edgeMain, "run", "--dir", edgeDir], env);
    await until(async () => portTaken(dimsePort), {
      deadlineMs: 120_000,
      what: `The edge router listening on port ${dimsePort}`,
    });
  });
}

/**
 * Other machines reach the front door, and nothing states that the connection is encrypted (as `src/server/config.ts`
 * judges it).
 */
function readableOnTheWay() {
  const {
    OVERREAD_HOST: host = "127.0.0.1",
    OVERREAD_BEHIND_PROXY: behindProxy,
    OVERREAD_PUBLIC_URL = "",
  } = process.env;
  return (
    !/^(localhost|127\.[\d.]+|::1)$/.test(host) && !(behindProxy === "1" && OVERREAD_PUBLIC_URL.startsWith("https:"))
  );
}

function sayReady(seeded, password, mailPage) {
  say(`(${((Date.now() - started) / 1000).toFixed(0)} s)`);
  say(`\nOverread is ready: http://localhost:${port}\n`);
  if (readableOnTheWay())
    say(
      `WARNING: it listens on ${process.env.OVERREAD_HOST} by plain http: passwords and images can be read on the way. Put a proxy with TLS before it (README, "Deploying it").\n`,
    );
  if (!seeded) return;
  say("Demo accounts (demo data only, never for patients):");
  for (const account of seeded.accounts) say(`  ${account.email.padEnd(32)} ${account.role}`);
  if (process.env.OVERREAD_DEMO_PASSWORD) say("  password: as set in OVERREAD_DEMO_PASSWORD");
  else if (seeded.created) say(`  password: ${password}   (shown this once; set OVERREAD_DEMO_PASSWORD to choose it)`);
  else say("  password: as printed at the first start (npm run cli -- demo seed --reset-password sets a new one)");
  if (mailPage) say(`\nMails that the portal sends: ${mailPage}`);
  say(`\nDICOM: ${edgeAet} on 127.0.0.1:${dimsePort}. Ctrl-C stops everything.`);
  if (!seeded.created || process.env.OVERREAD_DEMO_STUDIES === "0") return;
  const out = logs.descriptor("demo-studies");
  const args = ["--port", String(dimsePort), "--called", edgeAet];
  spawn(bin("node"), [path.join(root, "scripts/send-demo-studies.ts"), ...args], {
    cwd: root,
    env: common,
    stdio: ["ignore", out, out],
  });
}

try {
  if (readableOnTheWay() && process.env.OVERREAD_ALLOW_PLAIN_HTTP !== "1")
    throw new StartFault(
      `OVERREAD_HOST is ${process.env.OVERREAD_HOST}: other machines would reach the portal by plain http, where passwords and images can be read on the way.`,
      "Put a proxy with TLS before it and set OVERREAD_PUBLIC_URL=https://… and OVERREAD_BEHIND_PROXY=1; or, on a network that is trusted whole, set OVERREAD_ALLOW_PLAIN_HTTP=1.",
    );
  await openFolder();
  if (external && process.env.NODE_ENV === "production" && !process.env.OVERREAD_SECRET)
    throw new StartFault(
      "OVERREAD_SECRET is not set.",
      "With a database of your own in production, set OVERREAD_SECRET to a random text of 32 characters or more and keep it.",
    );
  const secret = process.env.OVERREAD_SECRET ?? keptSecret(dataDir, "secret");
  await openStores(secret);
  const password = process.env.OVERREAD_DEMO_PASSWORD ?? randomBytes(9).toString("base64url");
  const seeded = demo
    ? await step("Demo organisations", async () =>
        JSON.parse(cli(["demo", "seed", "--json"], { OVERREAD_DEMO_PASSWORD: password })),
      )
    : null;
  const mailPage = demo && !process.env.OVERREAD_SMTP_URL ? await startMailbox() : null;
  await startPortal(secret);
  if (demo) await startEdge();
  sayReady(seeded, password, mailPage);
} catch (error) {
  if (!asked) {
    process.stderr.write(`\n${error instanceof StartFault ? error.message : error.stack}\n`);
    if (error.remedy) process.stderr.write(`→ ${error.remedy}\n`);
    asked = true;
    if (runFile) await stopAll();
    process.exit(1);
  }
}
