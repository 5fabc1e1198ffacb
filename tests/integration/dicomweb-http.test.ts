import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type DicomJson, stringOf } from "@overread/shared/dicom/dicom-json";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { partsOf, type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

/** DICOMweb as HTTP: methods, conditions, ranges, addresses, and what a search does with what it does not know (PS3.18 §8, RFC 9110). */
let archive: TestArchive;
let image: Tiny;
let document: Tiny;
const pdf = Buffer.from("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n ");
before(async () => {
  archive = await useTestArchive();
  image = tinyInstance();
  document = tinyInstance({
    sopClass: SOP.encapsulatedPdf,
    elements: {
      "00100020": { vr: "LO" },
      "00100010": { vr: "PN" },
      "00080060": undefined,
      "00280010": undefined,
      "00280011": undefined,
      "7FE00010": undefined,
      "00420010": { vr: "ST", Value: ["Letter"] },
      "00420011": { vr: "OB", bytes: Buffer.concat([pdf, Buffer.alloc(70_000, 0x20)]) },
      "00420012": { vr: "LO", Value: ["text/html"] },
    },
  });
  await archive.stow([image.part10, document.part10]);
});
after(() => archive.close());

const pathOf = ({ study, series, instance }: Tiny): string =>
  `/studies/${study}/series/${series}/instances/${instance}`;
const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  archive.request(path, { method, headers });
const json = async (path: string): Promise<{ items: DicomJson[]; warning: string }> => {
  const response = await get(path);
  assert.ok(response.status === 200 || response.status === 204, `${path}: ${response.status}`);
  const items = response.status === 204 ? [] : ((await response.json()) as DicomJson[]);
  return { items, warning: response.headers.get("warning") ?? "" };
};

test("HEAD answers as GET does, without the body", async () => {
  for (const path of [
    "/studies?limit=1",
    `/studies/${image.study}`,
    pathOf(image),
    `${pathOf(image)}/metadata`,
    `${pathOf(image)}/frames/1`,
    `${pathOf(image)}/bulkdata/7FE00010`,
    `${pathOf(image)}/rendered`,
  ]) {
    const [head, whole] = [await get(path, {}, "HEAD"), await get(path)];
    assert.equal(head.status, whole.status, path);
    assert.equal((await head.arrayBuffer()).byteLength, 0, path);
    assert.equal(head.headers.get("content-length"), whole.headers.get("content-length"), path);
    assert.equal(
      head.headers.get("content-type")?.replace(/boundary=.*/, ""),
      whole.headers.get("content-type")?.replace(/boundary=.*/, ""),
      path,
    );
  }
});

test("OPTIONS names the methods of a resource; another method is 405; an unknown path is 404", async () => {
  const options = await get("/studies", {}, "OPTIONS");
  assert.equal(options.status, 204);
  assert.deepEqual((options.headers.get("allow") ?? "").split(", ").sort(), ["GET", "HEAD", "OPTIONS", "POST"]);
  const wrong = await get(pathOf(image), {}, "DELETE");
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow") ?? "", /GET, HEAD/);
  for (const path of ["/patients", "/studies/1.2.3/series/1.2/nothing", "/"])
    assert.equal((await get(path)).status, 404, path);
});

test("an instance, a frame and a bulk value that the caller has are not sent again", async () => {
  for (const [path, accept] of [
    [pathOf(image), "application/dicom"],
    [`${pathOf(image)}/frames/1`, "application/octet-stream"],
    [`${pathOf(image)}/frames/1`, 'multipart/related; type="application/octet-stream"'],
    [`${pathOf(image)}/bulkdata/7FE00010`, "application/octet-stream"],
  ] as const) {
    const first = await get(path, { accept });
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[^"]+"$/, path);
    await first.arrayBuffer();
    assert.equal((await get(path, { accept, "if-none-match": `"other", W/${etag}` })).status, 304, path);
    assert.equal((await get(path, { accept, "if-none-match": '"other"' })).status, 200, path);
  }
});

test("a range behind the end is 416 with the length; a range of something else is answered with the whole", async () => {
  const path = `${pathOf(image)}/bulkdata/7FE00010`;
  const beyond = await get(path, { range: "bytes=100-" });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get("content-range"), "bytes */32");
  assert.equal((await get(path, { range: "bytes=0-3", "if-range": '"somebody else\'s"' })).status, 200);
  const etag = (await get(path)).headers.get("etag") ?? "";
  const part = await get(path, { range: "bytes=0-3", "if-range": etag });
  assert.equal(part.status, 206);
  assert.equal((await part.arrayBuffer()).byteLength, 4);
});

test("what is accepted can stand in the address", async () => {
  const browser = { accept: "text/html,application/xhtml+xml" };
  const file = await get(`${pathOf(image)}?accept=application/dicom`, browser);
  assert.equal(file.status, 200);
  assert.match(file.headers.get("content-type") ?? "", /^application\/dicom/);
  assert.equal((await get(`${pathOf(image)}/metadata?accept=application/dicom%2Bjson`, browser)).status, 200);
  assert.equal((await get("/studies?accept=application/dicom%2Bjson", browser)).status, 200);
  // Typed by hand, the plus is itself; from a form it is a space.
  assert.equal((await get("/studies?accept=application/dicom+json", browser)).status, 200);
  const fromForm = "multipart/related;+type=application/dicom;+transfer-syntax=*";
  assert.equal((await get(`${pathOf(image)}?accept=${fromForm}`, browser)).status, 200);
  assert.equal(
    (await get(`${pathOf(image)}/rendered?accept=image/png`, browser)).headers.get("content-type"),
    "image/png",
  );
  assert.equal((await get(pathOf(image), browser)).status, 406);
});

test("each part says where it is from", async () => {
  const root = `${archive.url}/dicomweb/lakeside`;
  const [frame] = await partsOf(await get(`${pathOf(image)}/frames/1`));
  assert.ok(frame?.headers.includes(`Content-Location: ${root}${pathOf(image)}/frames/1`));
  const [instance] = await partsOf(await get(`/studies/${image.study}`));
  assert.ok(instance?.headers.includes(`Content-Location: ${root}${pathOf(image)}`));
});

test("a document's bytes can be had as the PDF that their SOP class says they are, and as nothing else", async () => {
  const path = `${pathOf(document)}/bulkdata/00420011`;
  const typed = await get(path, { accept: "application/pdf" });
  assert.equal(typed.headers.get("content-type"), "application/pdf");
  assert.match(typed.headers.get("content-disposition") ?? "", /^attachment/);
  assert.equal((await get(path)).headers.get("content-type"), "application/octet-stream");
  assert.equal((await get(path, { accept: "text/html" })).status, 406);
});

test("addresses in answers keep the port when a client leaves it out of Host", async () => {
  const port = Number(new URL(archive.url).port);
  const text = await new Promise<string>((resolve) => {
    let all = "";
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (data) => {
      all += data;
    });
    socket.on("close", () => resolve(all));
    socket.write(
      `GET /dicomweb/lakeside${pathOf(image)}/metadata HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${archive.tokens.lakeside}\r\nConnection: close\r\n\r\n`,
    );
  });
  assert.ok(text.includes(`http://localhost:${port}/dicomweb/lakeside/studies/`), text.slice(0, 400));
});

test("an image is found the moment it was acknowledged, though its series was looked at before", async () => {
  assert.equal((await get(pathOf(image))).status, 200);
  for (let i = 0; i < 5; i++) {
    const next = tinyInstance({ study: image.study, series: image.series });
    assert.equal((await archive.stow([next.part10])).status, 200);
    assert.equal((await get(pathOf(next))).status, 200);
  }
});

test("a search ignores what it does not know, and says so", async () => {
  const all = (await json("/studies")).items.length;
  assert.equal(all, 2);
  for (const query of ["NoSuchThing=1", "includefield=NoSuchThing", "Modality=CT", "orderby=date"]) {
    const { items, warning } = await json(`/studies?${query}`);
    assert.equal(items.length, all, query);
    assert.match(warning, /^299 overread: "These parameters were ignored/, query);
  }
  assert.equal((await json("/studies?limit=1000000")).items.length, all, "a limit beyond ours is ours");
  for (const query of ["fuzzymatching=TRUE", "multiplevaluematching=true", "emptyvaluematching=false"])
    assert.deepEqual(await json(`/studies?${query}`), { items: (await json("/studies")).items, warning: "" }, query);
  assert.equal((await get("/studies?StudyDate=yesterday")).status, 400);
  assert.equal((await get("/studies?PatientName=%00")).status, 400);
});

test("two quotation marks are a value of their own, or stand for an empty one where that is asked for", async () => {
  const empty = encodeURIComponent('""');
  for (const key of ["PatientName", "PatientID"]) {
    assert.equal((await json(`/studies?${key}=${empty}`)).items.length, 0, key);
    assert.equal((await json(`/studies?${key}=`)).items.length, 2, key);
    const { items } = await json(`/studies?${key}=${empty}&emptyvaluematching=true`);
    assert.deepEqual(
      items.map((item) => stringOf(item, "StudyInstanceUID")),
      [document.study],
      key,
    );
  }
});

test("a study without a modality leaves the attribute out", async () => {
  const { items } = await json(`/studies?StudyInstanceUID=${document.study}`);
  assert.equal(items.length, 1);
  assert.equal("00080061" in (items[0] as DicomJson), false);
});
