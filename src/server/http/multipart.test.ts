import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { readMultipart } from "./multipart.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, boundary = "b", size = 1000): Promise<{ type: string | undefined; body: string }[]> {
  const parts: { type: string | undefined; body: string }[] = [];
  for await (const { headers, body } of readMultipart(inPieces(text, size), boundary)) {
    let content = "";
    for await (const chunk of body) content += chunk.toString("latin1");
    parts.push({ type: headers["content-type"], body: content });
  }
  return parts;
}

const two =
  "--b\r\nContent-Type: application/dicom\r\n\r\nfirst\r\n--b\r\nContent-Type: x/y\r\n\r\n\r\nsecond--b \r\n\r\n--b--\r\n";
const twoParts = [
  { type: "application/dicom", body: "first" },
  { type: "x/y", body: "\r\nsecond--b \r\n" },
];

test("parts are told apart wherever the network cut the stream", async () => {
  for (let size = 1; size < 40; size++) assert.deepEqual(await read(two, "b", size), twoParts, `pieces of ${size}`);
});

test("large parts stay whole, and a boundary is found, across and beside the seams of chunks", async () => {
  const image = (length: number, step: number) =>
    Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * step) % 26))).join("");
  for (const [length, size] of [
    [9000, 3000],
    [9100, 2300],
    [70_000, 4096],
    [70_001, 65_536],
  ] as const)
    for (let shift = 0; shift < 12; shift++) {
      const bodies = [image(length + shift, 7), `${image(2 * size, 3)}\r\n--`, image(5 * size - shift, 11)];
      const text = `${bodies.map((body) => `--limit\r\nA: 1\r\n\r\n${body}\r\n`).join("")}--limit--\r\n`;
      const found = (await read(text, "limit", size)).map(({ body }) => body);
      assert.ok(found.length === 3 && found.every((body, i) => body === bodies[i]), `${length} in ${size}s, ${shift}`);
    }
});

test("the boundary's letters inside an image are image", async () => {
  const body = "x--b\n-b--\r\n-\r\n--\r\n--a--b--b";
  for (let size = 1; size < 12; size++)
    assert.deepEqual(await read(`--b\r\n\r\n${body}\r\n--b--`, "b", size), [{ type: undefined, body }]);
});

test("lines that end in LF alone, a preamble and an epilogue are taken", async () => {
  assert.deepEqual(await read("hello\n--b\nContent-Type: t/t\n\ndata\n--b--\nbye"), [{ type: "t/t", body: "data" }]);
});

test("an empty part is empty", async () => {
  assert.deepEqual(await read("--b\r\nA: 1\r\n\r\n\r\n--b--\r\n"), [{ type: undefined, body: "" }]);
  assert.deepEqual(await read("--b\r\n\r\n--b--\r\n"), [{ type: undefined, body: "" }]);
});

test("a body that breaks off is never a whole part", async () => {
  for (let cut = 0; cut < two.length - 5; cut++)
    await assert.rejects(
      read(two.slice(0, cut)),
      (e: unknown) => e instanceof DomainError && e.code === "request.invalid",
    );
});

test("a part that nobody reads does not block the next one", async () => {
  const types: (string | undefined)[] = [];
  for await (const { headers } of readMultipart(inPieces(two, 7), "b")) types.push(headers["content-type"]);
  assert.deepEqual(types, ["application/dicom", "x/y"]);
});

test("endless headers and endless preambles are cut short", async () => {
  await assert.rejects(read(`--b\r\nX: ${"y".repeat(20_000)}\r\n\r\n--b--`), DomainError);
  await assert.rejects(read("z".repeat(200_000)), DomainError);
});
