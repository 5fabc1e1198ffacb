import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DicomJson, numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
let studies: Record<"rivers" | "yamada" | "muller" | "brain", Tiny>;

const cs = (value: string) => ({ vr: "CS", Value: [value] });
const text = (vr: string, value: string) => ({ vr, Value: [value] });
before(async () => {
  archive = await useTestArchive();
  const make = (name: Record<string, string>, id: string, date: string, time: string, more = {}) =>
    tinyInstance({
      elements: {
        "00100010": { vr: "PN", Value: [name] },
        "00100020": text("LO", id),
        "00080020": text("DA", date),
        "00080030": text("TM", time),
        "00080050": text("SH", `A${id}`),
        ...more,
      },
    });
  studies = {
    rivers: make({ Alphabetic: "Rivers^Alder" }, "100", "20261118", "081500"),
    yamada: make(
      { Alphabetic: "Yamada^Tarou", Ideographic: "山田^太郎", Phonetic: "やまだ^たろう" },
      "200",
      "20261119",
      "101530.250",
    ),
    muller: make({ Alphabetic: "Müller^Jörg" }, "300", "20261119", "235959", {
      "00100040": cs("M"),
      "00081030": text("LO", "CT 50% HEAD_NECK"),
    }),
    brain: make({ Alphabetic: "Rivera^Ana" }, "400", "20261120", "120000", {
      "00080060": cs("MR"),
      "00081030": text("LO", "MR BRAIN"),
      "0008103E": text("LO", "T1 axial"),
      "00180015": cs("BRAIN"),
      "00080008": cs("ORIGINAL"),
      "00400275": { vr: "SQ", Value: [{ "00401001": text("SH", "RP1"), "00400009": text("SH", "SPS9") }] },
      "00181030": text("LO", "Brain routine"),
      "00080070": text("LO", "Acme"),
    }),
  };
  const extra = tinyInstance({
    study: studies.brain.study,
    elements: { "00100020": text("LO", "400"), "00080060": cs("SR"), "00200011": { vr: "IS", Value: [2] } },
  });
  // What a study says of itself is what its first image says.
  await archive.stow(Object.values(studies).map(({ part10 }) => part10));
  await archive.stow([extra.part10]);
});
after(() => archive.close());

async function find(path: string): Promise<DicomJson[]> {
  const response = await archive.request(path);
  if (response.status === 204) return [];
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return (await response.json()) as DicomJson[];
}
const ids = async (query: string): Promise<string[]> =>
  (await find(`/studies?${query}`)).map((item) => stringOf(item, "PatientID") ?? "").sort();

test("studies are found by keyword and by tag, decoded from the address", async () => {
  assert.deepEqual(await ids("PatientID=200"), ["200"]);
  assert.deepEqual(await ids("00100020=200"), ["200"]);
  assert.deepEqual(await ids("AccessionNumber=A300"), ["300"]);
  assert.deepEqual(await ids("PatientID=%32%30%30"), ["200"]);
  assert.deepEqual(await ids("StudyDescription=CT+50%25+HEAD_NECK"), ["300"]);
  assert.deepEqual(await ids("PatientSex=M"), ["300"]);
  assert.deepEqual(await ids(`StudyInstanceUID=${studies.rivers.study},${studies.brain.study}`), ["100", "400"]);
  assert.deepEqual(await ids(`StudyInstanceUID=${studies.rivers.study}%5C${studies.brain.study}`), ["100", "400"]);
  assert.deepEqual(await ids("PatientID=999"), []);
});

test("wildcards are DICOM's, and a percent sign is a percent sign", async () => {
  assert.deepEqual(await ids("PatientID=*00"), ["100", "200", "300", "400"]);
  assert.deepEqual(await ids("PatientID=%3F00"), ["100", "200", "300", "400"]);
  assert.deepEqual(await ids("StudyDescription=CT*"), ["100", "200", "300"]);
  assert.deepEqual(await ids("StudyDescription=CT%20%25*"), []);
  assert.deepEqual(await ids("PatientID=*&PatientName="), ["100", "200", "300", "400"]);
});

test("dates and times are matched by value and by range", async () => {
  assert.deepEqual(await ids("StudyDate=20261119"), ["200", "300"]);
  assert.deepEqual(await ids("StudyDate=20261119-20261120"), ["200", "300", "400"]);
  assert.deepEqual(await ids("StudyDate=-20261118"), ["100"]);
  assert.deepEqual(await ids("StudyDate=20261120-"), ["400"]);
  assert.deepEqual(await ids("StudyTime=1000-1015"), ["200"]);
  assert.deepEqual(await ids("StudyTime=10"), ["200"]);
  assert.deepEqual(await ids("StudyTime=2359-"), ["300"]);
});

test("names are found without case and accents, in every writing", async () => {
  assert.deepEqual(await ids("PatientName=RIVERS%5EALDER"), ["100"]);
  assert.deepEqual(await ids("PatientName=river*"), ["100", "400"]);
  assert.deepEqual(await ids("PatientName=Rivers"), []);
  assert.deepEqual(await ids("PatientName=Rivers%5E*"), ["100"]);
  assert.deepEqual(await ids("PatientName=Muller*"), ["300"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("MÜLLER^JÖRG")}`), ["300"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("山田*")}`), ["200"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("山田^太郎")}`), ["200"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("やまだ*")}`), ["200"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("Yamada^Tarou=山田^太郎=やまだ^たろう")}`), ["200"]);
});

test("fuzzy matching finds words anywhere in the name, in any order", async () => {
  assert.deepEqual(await ids("PatientName=tarou%20yam&fuzzymatching=true"), ["200"]);
  assert.deepEqual(await ids("PatientName=jorg&fuzzymatching=true"), ["300"]);
  assert.deepEqual(await ids(`PatientName=${encodeURIComponent("太郎")}&fuzzymatching=true`), ["200"]);
  assert.deepEqual(await ids("PatientName=ivers&fuzzymatching=true"), []);
});

test("modalities in study are matched as a set", async () => {
  assert.deepEqual(await ids("ModalitiesInStudy=MR"), ["400"]);
  assert.deepEqual(await ids("ModalitiesInStudy=SR"), ["400"]);
  assert.deepEqual(await ids("ModalitiesInStudy=MR,CT"), ["100", "200", "300", "400"]);
});

test("an answer holds what a worklist and a viewer need", async () => {
  const [item] = await find("/studies?PatientID=400");
  for (const tag of [
    "00080005",
    "00080020",
    "00080030",
    "00080050",
    "00080056",
    "00080061",
    "00081190",
    "00100010",
    "00100020",
    "00100030",
    "00100040",
    "0020000D",
    "00201206",
    "00201208",
  ])
    assert.ok(item?.[tag], tag);
  assert.equal(numberOf(item as DicomJson, "00201206"), 2);
  assert.equal(
    stringOf(item as DicomJson, "00081190"),
    `${archive.url}/dicomweb/lakeside/studies/${studies.brain.study}`,
  );
  const tags = Object.keys(item as DicomJson);
  assert.deepEqual(tags, [...tags].sort());
});

test("series and instances are found below a study and across studies", async () => {
  const { study, series, instance } = studies.brain;
  assert.equal((await find(`/studies/${study}/series`)).length, 2);
  const [only] = await find(`/studies/${study}/series?Modality=MR`);
  assert.equal(stringOf(only as DicomJson, "SeriesInstanceUID"), series);
  assert.equal(numberOf(only as DicomJson, "NumberOfSeriesRelatedInstances"), 1);
  assert.equal((await find(`/studies/${study}/instances`)).length, 2);
  const [image] = await find(`/studies/${study}/series/${series}/instances?SOPInstanceUID=${instance}`);
  assert.equal(numberOf(image as DicomJson, "Rows"), 4);
  const [across] = await find("/series?Modality=MR&PatientID=400");
  assert.equal(stringOf(across as DicomJson, "PatientID"), "400");
  assert.equal(stringOf(across as DicomJson, "SeriesDescription"), "T1 axial");
  const [deep] = await find(`/instances?SOPInstanceUID=${instance}`);
  assert.equal(stringOf(deep as DicomJson, "StudyDescription"), "MR BRAIN");
  assert.equal(stringOf(deep as DicomJson, "Modality"), "MR");
});

test("attributes without a column of their own are matched too, inside sequences as well", async () => {
  assert.equal((await find("/series?ProtocolName=Brain%20r*")).length, 1);
  assert.equal((await find("/series?RequestAttributesSequence.ScheduledProcedureStepID=SPS9")).length, 1);
  assert.equal((await find("/series?00400275.00401001=RP2")).length, 0);
  assert.equal((await find("/studies?InstitutionName=")).length, 4);
});

test("includefield adds attributes of the images, by keyword, tag or all", async () => {
  assert.equal(
    stringOf((await find("/studies?PatientID=400&includefield=Manufacturer"))[0] as DicomJson, "Manufacturer"),
    "Acme",
  );
  assert.equal(
    numberOf((await find("/studies?PatientID=400&includefield=00280010,00280100"))[0] as DicomJson, "00280010"),
    4,
  );
  const [all] = await find(`/studies/${studies.brain.study}/instances?Modality=MR&includefield=all`);
  assert.equal(stringOf(all as DicomJson, "ProtocolName"), "Brain routine");
  assert.equal((all as DicomJson)["7FE00010"], undefined);
});

test("pages do not overlap, and the total is told", async () => {
  const seen: string[] = [];
  for (let offset = 0; offset < 4; offset++) {
    const response = await archive.request(`/studies?limit=1&offset=${offset}`);
    assert.equal(response.headers.get("x-total-count"), "4");
    if (offset < 3) assert.match(response.headers.get("warning") ?? "", /299 .*additional results/);
    seen.push(...((await response.json()) as DicomJson[]).map((item) => stringOf(item, "PatientID") ?? ""));
  }
  assert.deepEqual(seen.toSorted(), ["100", "200", "300", "400"]);
  assert.equal(seen[0], "400", "the newest first");
  const beyond = await archive.request("/studies?limit=5&offset=10");
  assert.equal(beyond.status, 204);
  assert.equal(beyond.headers.get("x-total-count"), "4");
});

test("a query that makes no sense is refused with the parameter, and without its value", async () => {
  const refused = async (query: string): Promise<[number, string | undefined]> => {
    const response = await archive.request(query);
    const body = await response.text();
    assert.ok(!body.includes("SECRET"), body);
    const { error } = JSON.parse(body) as { error: { details?: Record<string, string> } };
    return [response.status, error.details?.attribute ?? error.details?.parameter];
  };
  assert.deepEqual(await refused("/studies?StudyDate=SECRET"), [400, "StudyDate"]);
  assert.deepEqual(await refused("/studies?StudyInstanceUID=SECRET"), [400, "StudyInstanceUID"]);
  assert.deepEqual(await refused("/studies?limit=-1"), [400, "limit"]);
  assert.deepEqual(await refused("/studies?fuzzymatching=SECRET"), [400, "fuzzymatching"]);
  assert.deepEqual(await refused("/studies?PatientName=%E0%A4%A"), [400, "percent-encoding"]);
});

test("a search is audited with its keys, never with its values", async () => {
  await ids("PatientName=Rivers%5EAlder&StudyDate=20261118");
  await chainAllWaitingReads();
  const { rows } = await archive.owner.query<{ details: { keys: string; results: number } }>(
    "SELECT details FROM audit_event WHERE action = 'study.search' ORDER BY seq DESC LIMIT 1",
  );
  assert.equal(rows[0]?.details.keys, "PatientName,StudyDate");
  assert.equal(rows[0]?.details.results, 1);
  assert.ok(!JSON.stringify(rows).includes("Rivers"));
});

test("answers are gzipped for those who take it", async () => {
  const response = await archive.request("/studies", { headers: { "accept-encoding": "gzip" } });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(((await response.json()) as unknown[]).length, 4);
});
