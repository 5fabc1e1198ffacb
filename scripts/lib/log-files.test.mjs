import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { LogFiles } from "./log-files.mjs";

test("a log that grew too long is turned over, its writer goes on, and only so many old ones are kept", () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "overread-logs-"));
  try {
    const logs = new LogFiles(dir, { maxBytes: 100, kept: 2 });
    const fd = logs.descriptor("web");
    for (const letter of ["a", "b", "c", "d"]) {
      writeSync(fd, letter.repeat(150));
      logs.rotate();
    }
    writeSync(fd, "now");
    const read = (name) => readFileSync(path.join(dir, name), "utf8");
    assert.equal(read("web.log"), "now");
    assert.equal(read("web.log.1"), "d".repeat(150));
    assert.equal(read("web.log.2"), "c".repeat(150));
    assert.throws(() => read("web.log.3"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("logs are for this user alone", () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "overread-logs-"));
  try {
    new LogFiles(dir).descriptor("web");
    assert.equal(statSync(dir).mode & 0o077, 0);
    assert.equal(statSync(path.join(dir, "web.log")).mode & 0o077, 0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
