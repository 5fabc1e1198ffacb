import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { beginningOf } from "../../scripts/lib/processes.mjs";
import { freePort, until } from "./support/stack.ts";

/** What happens around `npm start`: kills, closed terminals, power cuts' remains, and what is said about them. */
const root = fileURLToPath(new URL("../../", import.meta.url));
const dataDir = mkdtempSync(path.join(os.tmpdir(), "overread-start-"));
const port = await freePort();
const dimsePort = await freePort();
const env: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_OPTIONS: "",
  NODE_ENV: "production",
  npm_lifecycle_event: "",
  DATABASE_URL: "",
  REDIS_URL: "",
  OVERREAD_PORT: String(port),
  OVERREAD_DATA_DIR: dataDir,
  OVERREAD_EDGE_DIMSE_PORT: String(dimsePort),
  OVERREAD_DEMO_PASSWORD: "correct horse battery staple",
  OVERREAD_DEMO_STUDIES: "0",
};

type Run = { child: ChildProcess; output(): string; ended(): boolean };
let running: Run | null = null;

function launch(command: string[] = [process.execPath, "scripts/start.mjs"], extra: Record<string, string> = {}): Run {
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: root,
    env: { ...env, ...extra },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  child.on("exit", () => {
    ended = true;
  });
  running = { child, output: () => output, ended: () => ended };
  return running;
}

const ready = (run: Run) =>
  until(
    "the stack being ready",
    () => {
      if (run.ended() && !run.output().includes("is ready")) throw new Error(run.output());
      return run.output().includes("Overread is ready");
    },
    { deadlineMs: 600_000 },
  ).catch((error) => {
    throw new Error(`${error.message}\n${run.output()}`);
  });
const runFile = (): { supervisor: number; pids: Record<string, number> } =>
  JSON.parse(readFileSync(path.join(dataDir, "run.json"), "utf8"));
const pids = () => runFile().pids;
/** Every process of the stack. The supervisor ends last, and until it has ended its data folder belongs to it. */
const everyProcess = () => [runFile().supervisor, ...Object.values(pids())];
const healthy = async () => (await fetch(`http://127.0.0.1:${port}/api/health/ready`)).status === 200;
const allGone = (those: number[]) =>
  until("every process ending", () => those.every((pid) => beginningOf(pid) === null));
const stopCommand = () =>
  new Promise<string>((resolve) => {
    const child = spawn(process.execPath, ["scripts/stop.mjs"], { cwd: root, env });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.on("exit", () => resolve(said));
  });

after(async () => {
  if (running && !running.ended()) running.child.kill("SIGTERM");
  await stopCommand();
  rmSync(dataDir, { recursive: true, force: true });
});

test("no process is given the owner's login or the master secret, and the edge router nothing of the portal's", async () => {
  await ready(launch());
  const given = (name: string) => readFileSync(`/proc/${pids()[name]}/environ`, "latin1");
  const secret = readFileSync(path.join(dataDir, "secret"), "utf8").trim();
  const owner = readFileSync(path.join(dataDir, "schema-password"), "utf8").trim();
  const superUser = readFileSync(path.join(dataDir, "postgres", "owner-password"), "utf8").trim();
  for (const name of ["web", "dicomweb", "worker", "edge"])
    for (const [what, value] of Object.entries({ secret, owner, superUser }))
      assert.ok(!given(name).includes(value), `${name} was given ${what}`);
  assert.ok(!given("web").includes("overread_maintenance"));
  assert.ok(!/DATABASE_URL|REDIS_URL|OVERREAD_KEYS/.test(given("edge")));
});

test("what the stack writes is for its own user", () => {
  for (const name of ["run.json", "settings.json", "log", "redis", "objects", "edge"])
    assert.equal(statSync(path.join(dataDir, name)).mode & 0o077, 0, name);
});

test("a killed Postgres comes back, and nothing else ends", async () => {
  const before = pids();
  process.kill(before.Postgres as number, "SIGKILL");
  await until("another Postgres", () => pids().Postgres !== before.Postgres);
  await until("the portal being ready again", healthy);
  assert.equal(running?.ended(), false);
  for (const name of ["web", "dicomweb", "worker", "edge", "Redis"]) assert.equal(pids()[name], before[name], name);
});

test("a second start on the same data folder is refused and told how to stop the first", async () => {
  const first = running as Run;
  const second = launch();
  await until("the second start ending", second.ended);
  running = first;
  assert.match(second.output(), /already runs/);
  assert.match(second.output(), /npm run stop/);
  assert.ok(await healthy());
});

test("a start after kill -9 of the supervisor ends what it left, and goes on with the same data", async () => {
  const before = pids();
  running?.child.kill("SIGKILL");
  await until("the supervisor ending", () => running?.ended());
  const next = launch();
  await ready(next);
  assert.match(next.output(), /Ended \d+ processes that an earlier start left behind/);
  for (const [name, pid] of Object.entries(before)) assert.notEqual(pids()[name], pid, name);
});

test("a closed terminal stops everything in order", async () => {
  const those = everyProcess();
  running?.child.kill("SIGHUP");
  await until("the supervisor ending", () => running?.ended());
  assert.match((running as Run).output(), /Stopped\./);
  await allGone(those);
});

test("remains of a power cut (zeros in Redis' file, an empty run.json) do not keep the stack from starting", async () => {
  writeFileSync(path.join(dataDir, "run.json"), "");
  const dir = path.join(dataDir, "redis", "appendonlydir");
  const incremental = readdirSync(dir).find((name) => name.endsWith(".incr.aof"));
  appendFileSync(path.join(dir, incremental as string), Buffer.alloc(154));
  const run = launch();
  await ready(run);
  assert.match(run.output(), /Redis could not read what it had kept; it was set aside/);
});

test("npm run stop ends a stack, and says so when nothing runs", async () => {
  const those = everyProcess();
  assert.match(await stopCommand(), /Stopped\./);
  await allGone(those);
  assert.match(await stopCommand(), /Nothing runs/);
});

test("SIGTERM to npm alone stops everything", async () => {
  // As npm does it: a shell runs the script's line, and only the shell is told.
  const line = (JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).scripts.start as string).replace(
    "node ",
    `"${process.execPath}" `,
  );
  const run = launch(["sh", "-c", line]);
  await ready(run);
  const those = everyProcess();
  run.child.kill("SIGTERM");
  await allGone(those);
});

test("a start on other ports tells the demo edge router where its portal is now", async () => {
  const [otherPort, otherDimsePort] = [await freePort(), await freePort()];
  const ports = { OVERREAD_PORT: String(otherPort), OVERREAD_EDGE_DIMSE_PORT: String(otherDimsePort) };
  const run = launch(undefined, ports);
  await ready(run);
  const status = spawnSync(
    process.execPath,
    ["edge-router/src/main.ts", "status", "--json", "--dir", path.join(dataDir, "edge")],
    { cwd: root, encoding: "utf8" },
  );
  assert.equal(JSON.parse(status.stdout).portal, `http://127.0.0.1:${otherPort}`);
  run.child.kill("SIGTERM");
  await until("the supervisor ending", run.ended);
});

test("a stack whose npm is gone without a word stops by itself; a second signal takes everything down at once", async () => {
  const run = launch(
    [
      process.execPath,
      "-e",
      `
    const child = require("node:child_process").spawn(process.execPath, ["scripts/start.mjs"], { stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", () => process.exit());`,
    ],
    { npm_lifecycle_event: "start" },
  );
  await ready(run);
  const those = everyProcess();
  run.child.kill("SIGKILL");
  await allGone(those);

  const again = launch();
  await ready(again);
  const these = everyProcess();
  again.child.kill("SIGINT");
  again.child.kill("SIGINT");
  await until("the supervisor ending", again.ended);
  await allGone(these);
});

test("a data folder that cannot be written is said in words", async () => {
  const file = path.join(dataDir, "a-file");
  writeFileSync(file, "");
  const run = launch(undefined, { OVERREAD_DATA_DIR: path.join(file, "below") });
  await until("the start ending", run.ended);
  assert.match(run.output(), /data folder .* cannot be written: a part of its path is a file/);
  assert.doesNotMatch(run.output(), /\n\s+at /);
});

test("a cluster whose making was cut short is made anew", async () => {
  const half = mkdtempSync(path.join(os.tmpdir(), "overread-half-"));
  try {
    const cluster = path.join(half, "postgres", "cluster");
    mkdirSync(cluster, { recursive: true });
    writeFileSync(path.join(cluster, "PG_VERSION"), "18\n");
    const run = launch(undefined, { OVERREAD_DATA_DIR: half });
    await ready(run);
    run.child.kill("SIGTERM");
    await until("the supervisor ending", run.ended);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
});
