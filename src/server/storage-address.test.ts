import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { storageAddress } from "./storage-address.ts";

test("a folder is named as file:, relative or not", () => {
  assert.deepEqual(storageAddress("file:/srv/objects", undefined), { kind: "file", root: "/srv/objects" });
  assert.deepEqual(storageAddress("file:///srv/a%20b", undefined), { kind: "file", root: "/srv/a b" });
  assert.deepEqual(storageAddress("file:.data/objects", undefined), {
    kind: "file",
    root: path.resolve(".data/objects"),
  });
});

test("a bucket is named as s3:, with its server where it is not Amazon's", () => {
  assert.deepEqual(storageAddress("s3://archive?region=eu-central-1", undefined), {
    kind: "s3",
    bucket: "archive",
    endpoint: undefined,
    region: "eu-central-1",
    pathStyle: false,
  });
  assert.deepEqual(storageAddress("s3://archive?endpoint=https%3A%2F%2Fs3.hospital.example", undefined), {
    kind: "s3",
    bucket: "archive",
    endpoint: "https://s3.hospital.example",
    region: "us-east-1",
    pathStyle: true,
  });
  const named = storageAddress("s3://archive?endpoint=http://10.0.0.9:9000&path-style=0", "eu-west-1");
  assert.deepEqual(named.kind === "s3" && [named.endpoint, named.region, named.pathStyle], [
    "http://10.0.0.9:9000",
    "eu-west-1",
    false,
  ]);
});

test("what is wrong with an address is said", () => {
  for (const [text, words] of [
    ["/srv/objects", /neither file: nor s3/],
    ["gs://archive", /neither file: nor s3/],
    ["s3://", /names no bucket/],
    ["s3://Not_A_Bucket", /no bucket's name/],
    ["s3://archive", /names no region, and neither does AWS_REGION/],
    ["s3://key:secret@archive?region=x", /AWS_ACCESS_KEY_ID/],
    ["s3://archive/folder?region=x", /a bucket of its own/],
    ["s3://archive?region=x&endpont=http://y", /unknown parameter "endpont"/],
    ["s3://archive?endpoint=s3.hospital.example", /no http or https address/],
    ["s3://archive?region=x&path-style=yes", /neither 0 nor 1/],
  ] as const)
    assert.throws(() => storageAddress(text, undefined), words);
});
