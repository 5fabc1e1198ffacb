import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { loadSettings, nearest, settingsFile } from "./config.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), "overread-settings-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const write = (settings: unknown): void => writeFileSync(path.join(dir, settingsFile), JSON.stringify(settings));

test("without a file the listener is on loopback only", () => {
  const { dimse } = loadSettings(dir);
  assert.equal(dimse.host, "127.0.0.1");
  assert.equal(dimse.allows("192.0.2.1"), true);
});

test("all faults of the file are listed at once, each unknown key with the nearest known one", () => {
  write({ dimes: {}, caps: { assocations: 5, idleSeconds: -1 }, dimse: { aeTitle: "A TITLE THAT IS TOO LONG" } });
  assert.throws(
    () => loadSettings(dir),
    (error: Error) => {
      assert.match(error.message, /unknown setting "dimes"; nearest known: "dimse"/);
      assert.match(error.message, /unknown setting "caps\.assocations"; nearest known: "caps\.associations"/);
      assert.match(error.message, /caps\.idleSeconds/);
      assert.match(error.message, /dimse\.aeTitle/);
      return true;
    },
  );
});

test("addresses and ranges decide who may connect", () => {
  write({ dimse: { allowedAddresses: ["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"] } });
  const { allows } = loadSettings(dir).dimse;
  for (const address of ["10.1.200.3", "::ffff:10.1.200.3", "192.0.2.7", "2001:db8::5"])
    assert.ok(allows(address), address);
  for (const address of ["10.2.0.1", "192.0.2.8", "2001:db9::5", ""]) assert.equal(allows(address), false, address);
});

test("the nearest key is the one with the fewest edits", () => {
  assert.equal(nearest("PORTT", ["host", "port", "aeTitle"]), "port");
});
