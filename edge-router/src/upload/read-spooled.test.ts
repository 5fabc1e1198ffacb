import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { request } from "undici";
import { ReadError, readSpooled } from "./read-spooled.ts";

const kib = 1024;
/** Around what a socket takes without a wait, and around what is read at once. */
const around = [1, 100, 64 * kib - 1, 64 * kib, 64 * kib + 1, 1024 * kib, 1024 * kib + 1, 3000 * kib, 17, 600 * kib];
/** More than the network's own memory holds, so that pieces do have to wait. */
const sizes = [...around, ...Array.from({ length: 24 }, () => 1000 * kib), ...around];

test("objects of every size reach a portal that reads slowly byte for byte, though their memory is used again", async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), "overread-read-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const bytes = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
  const file = path.join(dir, "segment");
  writeFileSync(file, bytes);
  let start = 0;
  const objects = sizes.map((length) => {
    start += length;
    return { path: file, start: start - length, length };
  });
  const server = createServer((incoming, response) => {
    const hash = createHash("sha256");
    const next = (): void => {
      const piece: Buffer | null = incoming.read(16 * kib) ?? incoming.read();
      if (piece) hash.update(piece);
      if (incoming.readableEnded) response.end(hash.digest("hex"));
      else setImmediate(next);
    };
    next();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  async function* body(): AsyncGenerator<Buffer> {
    for await (const [, piece] of readSpooled(objects)) yield piece;
  }
  const { port } = server.address() as AddressInfo;
  const answer = await request(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: { "content-length": String(bytes.length) },
    body: body() as AsyncIterable<Buffer> as Readable,
  });
  assert.equal(await answer.body.text(), createHash("sha256").update(bytes).digest("hex"));
});

test("an object that is shorter than its record says which one it is", async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), "overread-read-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, "segment");
  writeFileSync(file, Buffer.alloc(100));
  const pieces = readSpooled([
    { path: file, start: 0, length: 60 },
    { path: file, start: 60, length: 60 },
  ]);
  await assert.rejects(
    async () => {
      for await (const [at] of pieces) assert.ok(at < 2);
    },
    (error: unknown) => error instanceof ReadError && error.at === 1,
  );
});
