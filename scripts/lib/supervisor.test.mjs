import assert from "node:assert/strict";
import { test } from "node:test";
import { startChild } from "./child.mjs";
import { until } from "./ports.mjs";
import { beginningOf, end, isAlive, noteOf } from "./processes.mjs";
import { Supervisor } from "./supervisor.mjs";

const sleeper = () => startChild(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
const within = { deadlineMs: 20_000 };

test("a process that is killed is started again", async () => {
  const supervisor = new Supervisor({ report: () => {} });
  const first = await supervisor.keep("one", async () => sleeper());
  process.kill(first.pid, "SIGKILL");
  await until(() => supervisor.pids.one && supervisor.pids.one !== first.pid, { ...within, what: "a second process" });
  await supervisor.stop("one");
});

test("a restart that fails is tried again, one at a time, and ends neither the supervisor nor another process", async () => {
  const supervisor = new Supervisor({ report: () => {} });
  let launches = 0;
  let underWay = 0;
  let most = 0;
  const first = await supervisor.keep("shaky", async () => {
    underWay++;
    most = Math.max(most, underWay);
    try {
      launches++;
      if (launches === 2 || launches === 3) throw new Error("the old one still holds the memory");
      return sleeper();
    } finally {
      underWay--;
    }
  });
  const other = await supervisor.keep("other", async () => sleeper());
  process.kill(first.pid, "SIGKILL");
  await until(() => launches === 4 && supervisor.pids.shaky, { ...within, what: "the start that works" });
  assert.equal(most, 1);
  assert.equal(supervisor.pids.other, other.pid);
  await Promise.all(["shaky", "other"].map((name) => supervisor.stop(name)));
});

test("what was stopped stays stopped", async () => {
  const supervisor = new Supervisor({ report: () => {} });
  const first = await supervisor.keep("one", async () => sleeper());
  const note = noteOf(first.pid);
  await supervisor.stop("one");
  assert.equal(isAlive(note), false);
  assert.deepEqual(supervisor.pids, {});
});

test("a process id that was given out again is not taken for the process that had it", async () => {
  const child = sleeper();
  const note = noteOf(child.pid);
  assert.equal(isAlive(note), true);
  assert.equal(isAlive({ pid: child.pid, beginning: `${beginningOf(child.pid)}0` }), false);
  await end(note);
  await child.exited;
  assert.equal(isAlive(note), false);
});
