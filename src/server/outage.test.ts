import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { toDomainError } from "./errors.ts";
import type { Log } from "./log.ts";
import { describeCause, logOutage } from "./outage.ts";

const disk = (code: string) => Object.assign(new Error(`${code}: /secret/Doe^Jane`), { code, syscall: "read" });

test("a fault of the disk under any read or write has its code and its words", () => {
  for (const [fault, code, words] of [
    ["EIO", "storage.unavailable", /errors/],
    ["EROFS", "storage.unavailable", /read-only/],
    ["EMFILE", "storage.unavailable", /files open/],
    ["ENOSPC", "storage.full", /full/],
    ["EDQUOT", "storage.full", /quota/],
  ] as const) {
    const known = toDomainError(new Error("wrapped", { cause: disk(fault) }));
    assert.equal(known.code, code, fault);
    assert.match(describeCause(known), words, fault);
  }
  assert.equal(
    toDomainError(Object.assign(new Error("ours"), { code: "EIO" })).code,
    "internal",
    "no call of the system",
  );
});

test("a database that is away, starts or is too slow is busy, however the driver says it; a fault of ours is not", () => {
  const busy = [
    Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }),
    Object.assign(new Error("starting up"), { code: "57P03" }),
    Object.assign(new Error("expired"), { code: "P2028" }),
    Object.assign(new Error("raw"), {
      code: "P2010",
      meta: { driverAdapterError: { cause: { originalCode: "57014" } } },
    }),
    new Error("timeout exceeded when trying to connect"),
  ];
  for (const error of busy) {
    const known = toDomainError(new Error("wrapped", { cause: error }));
    assert.equal(known.code, "server.busy", error.message);
    assert.match(describeCause(known), /database/);
  }
  const hungUp = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  assert.equal(toDomainError(hungUp).code, "internal", "a caller who hung up in the middle of a request is no outage");
  for (const code of ["42703", "23505", "P2002"])
    assert.equal(toDomainError(Object.assign(new Error("x"), { code })).code, "internal", code);
});

test("an outage is said once a minute for each cause, with what came since, and without a path or a name", () => {
  const lines: { fields: Record<string, unknown>; text: string }[] = [];
  const log = {
    error: (fields: Record<string, unknown>, text: string) => lines.push({ fields, text }),
  } as unknown as Log;
  const broken = () => toDomainError(disk("EIO"));
  for (let second = 0; second < 150; second++) logOutage(log, broken(), {}, 1_000_000 + second * 1000);
  logOutage(log, toDomainError(disk("EROFS")), {}, 1_000_000);
  logOutage(log, new DomainError("report.not-found"), {}, 1_000_000);
  assert.deepEqual(
    lines.map(({ fields: { code, cause, sinceLast } }) => [code, cause, sinceLast]),
    [
      ["storage.unavailable", "the disk answers with errors", 0],
      ["storage.unavailable", "the disk answers with errors", 59],
      ["storage.unavailable", "the disk answers with errors", 59],
      ["storage.unavailable", "the disk is read-only", 0],
    ],
  );
});
