import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { dataSetOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const us = (value: number) => ({ vr: "US", Value: [value] });
const pathOf = ({ study, series, instance }: Tiny): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;

test("a deflated bomb is stored as received, and nothing of it is unpacked for anyone", async () => {
  const plain = tinyInstance({
    elements: { "00280010": us(16384), "00280011": us(16384), "7FE00010": undefined },
  });
  // Pixel Data of 512 MiB, all zero, behind the header: half a megabyte on the wire.
  const pixelHead = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0, 0, 0, 0, 0x20]);
  const inflated = Buffer.concat([dataSetOf(plain.part10), pixelHead, Buffer.alloc(512 << 20)]);
  const deflated = deflateRawSync(inflated);
  const head = tinyInstance({ ...plain, transferSyntaxUid: TS.deflatedExplicitLittleEndian }).part10;
  const bomb = Buffer.concat([
    head.subarray(0, head.length - dataSetOf(head).length),
    deflated,
    Buffer.alloc(deflated.length % 2),
  ]);
  assert.ok(bomb.length < 1 << 20);
  const before = process.memoryUsage().rss;
  const answers = await Promise.all([archive.stow([bomb]), archive.stow([bomb]), archive.stow([bomb])]);
  for (const { status } of answers) assert.ok(status === 200 || status === 409, String(status));
  assert.ok(process.memoryUsage().rss - before < 400 << 20);
  const rendered = await archive.request(`${pathOf(plain)}/rendered`);
  assert.ok([404, 406, 413].includes(rendered.status), String(rendered.status));
});

test("an image that claims to be larger than anything is kept, not drawn", async () => {
  const made = tinyInstance({ elements: { "00280010": us(65535), "00280011": us(65535) } });
  assert.equal((await archive.stow([made.part10])).status, 200);
  const claimed = tinyInstance({
    transferSyntaxUid: TS.rleLossless,
    elements: {
      "00280010": us(65535),
      "00280011": us(65535),
      "7FE00010": { vr: "OB", fragments: [new Uint8Array(70)] },
    },
  });
  assert.equal((await archive.stow([claimed.part10])).status, 200);
  for (const each of [made, claimed]) {
    const { status } = await archive.request(`${pathOf(each)}/rendered`);
    assert.ok([404, 406].includes(status), String(status));
  }
});

test("compressed frames of rubbish are refused in bounded time, and the next picture is drawn", async () => {
  for (const transferSyntaxUid of [
    TS.jpegBaseline,
    TS.jpegLosslessSv1,
    TS.jpegLsLossless,
    TS.jpeg2000Lossless,
    TS.htj2kLossless,
    TS.rleLossless,
    TS.deflatedImageFrame,
  ]) {
    const rubbish = Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919) & 0xff);
    const made = tinyInstance({ transferSyntaxUid, elements: { "7FE00010": { vr: "OB", fragments: [rubbish] } } });
    assert.equal((await archive.stow([made.part10])).status, 200);
    assert.equal((await archive.request(`${pathOf(made)}/rendered`)).status, 406, transferSyntaxUid);
  }
  const good = tinyInstance();
  await archive.stow([good.part10]);
  assert.equal((await archive.request(`${pathOf(good)}/rendered`)).status, 200);
});

test("a sender that hangs up in the middle leaves nothing behind", async () => {
  const { part10, study } = tinyInstance();
  const { port } = new URL(archive.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(
        `POST /dicomweb/lakeside/studies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${archive.tokens.lakeside}\r\nContent-Type: application/dicom\r\nContent-Length: ${part10.length}\r\n\r\n`,
      );
      socket.write(part10.subarray(0, part10.length - 20), () => setImmediate(() => socket.destroy()));
    });
    socket.on("close", () => resolve());
  });
  assert.equal((await archive.request(`/studies?StudyInstanceUID=${study}`)).status, 204);
  assert.equal((await archive.stow([part10])).status, 200);
});
