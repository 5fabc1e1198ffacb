import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type FrameSoFar, fetchFrame } from "./fetch-frame.ts";

/** A frame on its way from the archive: which form is asked for, and what is told of what has come. */
const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});
const pixels = Uint8Array.from({ length: 400 }, (_, i) => (i * 7) & 0xff);
const boundary = "b0undary";
function multipart(type: string, body = pixels): Uint8Array {
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\nContent-Location: /x\r\n\r\n`),
    body,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
/** Answers requests in turn, each in pieces of 50 bytes; `breaksAt`: the connection is lost there. */
function archive(...answers: { type: string; breaksAt?: number; status?: number }[]): { accepts: string[] } {
  const accepts: string[] = [];
  globalThis.fetch = (async (_at: string, init: { headers: { Accept: string } }) => {
    accepts.push(init.headers.Accept);
    const {
      type,
      breaksAt = Number.POSITIVE_INFINITY,
      status = 200,
    } = answers[accepts.length - 1] as (typeof answers)[number];
    const all = multipart(type);
    let sent = 0;
    const body = new ReadableStream({
      pull(to) {
        if (sent >= breaksAt) return to.error(new TypeError("network error"));
        if (sent >= all.length) return to.close();
        to.enqueue(all.slice(sent, sent + 50));
        sent += 50;
      },
    });
    return new Response(body, {
      status,
      headers: {
        "Content-Type": `multipart/related; type="x"; boundary=${boundary}`,
        "Content-Length": String(all.length),
      },
    });
  }) as typeof fetch;
  return { accepts };
}
const htj2k = "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202";
const native = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1";
const imageId = "wadors:http://x/dicomweb/a/studies/1/series/2/instances/3/frames/1";

test("the rendition is asked for first, what is stored is taken as well, in one request", async () => {
  const { accepts } = archive({ type: native });
  const { bytes, transferSyntaxUid } = await fetchFrame(imageId, { urgent: true });
  assert.equal(transferSyntaxUid, "1.2.840.10008.1.2.1");
  assert.deepEqual([...bytes], [...pixels]);
  const [rendition, stored] = (accepts[0] ?? "").split(", ");
  assert.match(rendition ?? "", /image\/jphc.*4\.202$/);
  assert.match(stored ?? "", /transfer-syntax=\*;q=0\.9$/);
});

test("each piece is told of with what came before it, the whole is not told of before it is whole", async () => {
  archive({ type: htj2k });
  const told: FrameSoFar[] = [];
  const { bytes } = await fetchFrame(imageId, {
    urgent: true,
    onPart: (part) => told.push({ ...part, bytes: part.bytes.slice() }),
  });
  assert.deepEqual([...bytes], [...pixels]);
  assert.ok(told.length >= 5, `${told.length}`);
  for (const part of told) {
    assert.equal(part.transferSyntaxUid, "1.2.840.10008.1.2.4.202");
    const inPixels = part.bytes.subarray(0, pixels.length);
    assert.deepEqual([...inPixels], [...pixels.subarray(0, inPixels.length)]);
  }
  for (const [i, part] of told.slice(1).entries()) assert.ok(part.bytes.length > (told[i] as FrameSoFar).bytes.length);
});

test("an answer that breaks off is asked for again, as it is stored", async () => {
  for (const onPart of [undefined, () => {}]) {
    const { accepts } = archive({ type: htj2k, breaksAt: 200 }, { type: native });
    const { bytes } = await fetchFrame(imageId, { urgent: true, ...(onPart ? { onPart } : {}) });
    assert.deepEqual([...bytes], [...pixels]);
    assert.equal(accepts.length, 2);
    assert.doesNotMatch(accepts[1] ?? "", /jphc/);
  }
});

test("one that breaks off again is an error, and no end of requests", async () => {
  const { accepts } = archive({ type: htj2k, breaksAt: 200 }, { type: native, breaksAt: 200 }, { type: native });
  await assert.rejects(fetchFrame(imageId, { urgent: true }), { kind: "unreachable" });
  assert.equal(accepts.length, 2);
});
