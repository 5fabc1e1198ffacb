import assert from "node:assert/strict";
import { test } from "node:test";
import { personName } from "@overread/shared/dicom/attributes";
import { readableDate } from "./dates.ts";
import { seriesContent } from "./frames.ts";
import { matchingSeries, openingDocument, openingSeries } from "./matching-series.ts";
import { presetsFor } from "./presets.ts";
import type { SeriesForViewing } from "./types.ts";
import { nextToPrefetch } from "./viewports/stack/prefetch-order.ts";
import { wheelSteps } from "./wheel.ts";

const series = (
  seriesNumber: number,
  modality: string,
  seriesDescription: string,
  numberOfInstances = 100,
): SeriesForViewing => ({
  seriesInstanceUid: `1.2.${seriesNumber}`,
  modality,
  seriesNumber,
  seriesDescription,
  numberOfInstances,
});

test("a study opens with its first series of images, not with the scout or a report", () => {
  const study = [
    series(99, "SR", "Dose report"),
    series(1, "CT", "Scout"),
    series(3, "CT", "Lung"),
    series(2, "CT", "Soft"),
  ];
  assert.equal(openingSeries(study)?.seriesNumber, 2);
  assert.equal(openingSeries([series(1, "CT", "Topogram")])?.seriesNumber, 1);
  assert.equal(openingSeries([series(1, "SR", "Report")]), null);
});

test("a study of documents opens with the first that can be read, one with pictures with none", () => {
  const study = [series(3, "SR", "Findings"), series(1, "RTPLAN", "Plan"), series(2, "DOC", "Letter")];
  assert.equal(openingDocument(study)?.seriesNumber, 2);
  assert.equal(openingDocument([series(1, "PR", "States")])?.seriesNumber, 1);
  assert.equal(openingDocument([...study, series(4, "CT", "Lung")]), null);
  assert.equal(openingDocument([]), null);
});

test("the prior's series is the one that is called alike", () => {
  const prior = [series(2, "CT", "Thorax soft"), series(3, "CT", "Thorax lung"), series(4, "SR", "Thorax lung")];
  assert.equal(matchingSeries(series(7, "CT", "THORAX LUNG 1mm"), prior)?.seriesNumber, 3);
});

test("images are fetched from the one shown outwards, more of them ahead", () => {
  const loaded = new Set<number>();
  const order: number[] = [];
  for (let next = nextToPrefetch(9, 4, 1, (i) => !loaded.has(i)); next !== null; ) {
    loaded.add(next);
    order.push(next);
    next = nextToPrefetch(9, 4, 1, (i) => !loaded.has(i));
  }
  assert.deepEqual(order, [4, 5, 6, 3, 7, 8, 2, 1, 0]);
  assert.equal(
    nextToPrefetch(9, 4, -1, (i) => i !== 4),
    3,
  );
  assert.equal(
    nextToPrefetch(900, 4, 1, (i) => i > 100, 20),
    null,
  );
});

test("number keys mean the named windows on CT and steps around the window sent elsewhere", () => {
  assert.deepEqual(
    presetsFor("CT", undefined, null)
      .map(({ key, name }) => `${key} ${name}`)
      .slice(0, 3),
    ["1 Soft tissue", "2 Lung", "3 Bone"],
  );
  const [frame] = seriesContent("https://portal.example/dicomweb/lakeside", "1.2", [
    {
      "00080018": { Value: ["1.2.1"] },
      "0020000E": { Value: ["1.2.3"] },
      "00280010": { Value: [4] },
      "00280011": { Value: [4] },
      "00281050": { Value: [500] },
      "00281051": { Value: [1000] },
    },
  ]).frames;
  assert.deepEqual(
    presetsFor("MR", frame, [0, 4000]).map(({ name, width }) => [name, width]),
    [
      ["As sent", 1000],
      ["More contrast", 600],
      ["Less contrast", 1600],
      ["Brighter", 1000],
      ["Darker", 1000],
      ["Full range", 4000],
    ],
  );
});

test("a notch of the wheel is one image and a trackpad's small moves add up", () => {
  const steps = wheelSteps();
  assert.equal(steps(100, 0), 1);
  assert.equal(steps(-120, 0), -1);
  assert.equal(steps(3, 1), 1);
  assert.deepEqual(
    [20, 20, 20, -20].map((delta) => steps(delta, 0)),
    [0, 0, 1, 0],
  );
});

test("names are shown in the writings sent, dates so that no month can be taken for a day", () => {
  assert.equal(
    personName({ "00100010": { Value: [{ Alphabetic: "Yamada^Tarou", Ideographic: "山田^太郎" }] } }, "00100010"),
    "YAMADA, Tarou · 山田 太郎",
  );
  assert.equal(personName({}, "00100010"), null);
  assert.equal(readableDate("20261103"), "3 Nov 2026");
  assert.equal(readableDate("2026-11-03"), "3 Nov 2026");
  assert.equal(readableDate(null), null);
});
