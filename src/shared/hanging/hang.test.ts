import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../dicom/attributes.ts";
import { Tag } from "../dicom/tags.ts";
import { builtInProtocols } from "./built-in.ts";
import { seriesFacts } from "./facts.ts";
import { type HangingSeries, type HangingStudy, hangings } from "./hang.ts";

const orientations = {
  axial: [1, 0, 0, 0, 1, 0],
  sagittal: [0, 1, 0, 0, 0, -1],
  coronal: [1, 0, 0, 0, 0, -1],
  tilted: [1, 0, 0, 0, 0.7, -0.714],
};
const attributes = (values: Record<string, unknown[]>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));

function stack(
  uid: string,
  modality: string,
  description: string,
  plane: keyof typeof orientations = "axial",
  more: Record<string, unknown[]> = {},
  images = 30,
): HangingSeries {
  const instance = attributes({ [Tag.ImageOrientationPatient]: orientations[plane], ...more });
  return {
    seriesInstanceUid: uid,
    modality,
    numberOfInstances: images,
    isMinor: false,
    facts: seriesFacts({ modality, description }, [instance]),
  };
}
function views(uid: string, modality: string, each: [side: string, view: string][], description = ""): HangingSeries {
  const instances = each.map(([side, view], n) =>
    attributes({
      [Tag.SOPInstanceUID]: [`${uid}.${n + 1}`],
      ...(side ? { [Tag.ImageLaterality]: [side] } : {}),
      ...(view ? { [Tag.ViewPosition]: [view] } : {}),
    }),
  );
  const facts = seriesFacts({ modality, description }, instances);
  return { seriesInstanceUid: uid, modality, numberOfInstances: each.length, isMinor: false, facts };
}
const study = (regions: string[], ...series: HangingSeries[]): HangingStudy => ({ regions, series });
const hung = (...studies: HangingStudy[]) => hangings(studies, [builtInProtocols])[0] ?? null;
const stage = (name: string, ...studies: HangingStudy[]) => {
  const found = hung(...studies)?.stages.find((each) => each.name === name);
  assert.ok(found, `no stage ${name}`);
  return found;
};
const shown = (found: ReturnType<typeof stage>) =>
  found.places.map((place) => place && (place.sopInstanceUid ?? place.seriesInstanceUid));

test("four mammograms in one series or in four hang right beside left, CC before MLO, each in its own cell", () => {
  const inOne = views("1", "MG", [
    ["L", "MLO"],
    ["R", "CC"],
    ["L", "CC"],
    ["R", "MLO"],
  ]);
  assert.deepEqual(shown(stage("Four views", study([], inOne))), ["1.2", "1.3", "1.4", "1.1"]);
  const apart = [
    views("1", "MG", [["L", "CC"]]),
    views("2", "MG", [["R", "MLO"]]),
    views("3", "MG", [["R", "CC"]]),
    views("4", "MG", [["L", "MLO"]]),
  ];
  assert.deepEqual(shown(stage("Four views", study([], ...apart))), ["3.1", "1.1", "2.1", "4.1"]);
});

test("one breast alone leaves the other side's cells empty instead of showing the same breast twice", () => {
  const left = views("1", "MG", [
    ["L", "CC"],
    ["L", "MLO"],
  ]);
  assert.deepEqual(shown(stage("Four views", study([], left))), [null, "1.1", null, "1.2"]);
});

test("a view is known by its code where View Position is empty", () => {
  const coded = attributes({
    [Tag.SOPInstanceUID]: ["9"],
    [Tag.ImageLaterality]: ["R"],
    [Tag.ViewCodeSequence]: [attributes({ [Tag.CodeValue]: ["R-10226"] })],
  });
  const facts = seriesFacts({ modality: "MG", description: "" }, [coded]);
  assert.deepEqual(facts.projections, [{ sopInstanceUid: "9", side: "R", view: "MLO" }]);
});

test("a chest radiograph hangs frontal beside lateral, then frontal beside the prior's frontal", () => {
  const now = study(["chest"], views("1", "DX", [["", "LL"]]), views("2", "DX", [["", "PA"]]));
  const before = study(["chest"], views("3", "CR", [["", "AP"]]));
  assert.deepEqual(shown(stage("Frontal and lateral", now, before)), ["2.1", "1.1"]);
  assert.deepEqual(shown(stage("With prior", now, before)), ["2.1", "3.1"]);
  assert.equal(hung(now)?.stages.length, 1, "without a prior there is nothing to compare");
});

test("an MR of the head shows its sequences in their places, before and after contrast apart", () => {
  const brain = study(
    ["head"],
    stack("t1", "MR", "AX T1 SE"),
    stack("t2", "MR", "AX T2 TSE"),
    stack("flair", "MR", "AX T2 FLAIR"),
    stack("dwi", "MR", "ep2d_diff_b1000"),
    stack("adc", "MR", "ep2d_diff_ADC"),
    stack("t1c", "MR", "AX T1 SE +C"),
  );
  assert.deepEqual(shown(stage("Overview", brain)), ["flair", "t2", "dwi", "t1", "t1c", "adc"]);
});

test("a sequence whose name says nothing is known by its times", () => {
  const times = (echo: number, repetition: number, inversion?: number) =>
    stack("x", "MR", "Series 4", "axial", {
      [Tag.EchoTime]: [echo],
      [Tag.RepetitionTime]: [repetition],
      ...(inversion ? { [Tag.InversionTime]: [inversion] } : {}),
    }).facts.weighting;
  assert.equal(times(12, 550), "t1");
  assert.equal(times(100, 4500), "t2");
  assert.equal(times(120, 9000, 2500), "flair");
  assert.equal(times(30, 3000), "pd");
  assert.equal(times(55, 1400), null, "in between nothing is claimed");
});

test("a CT of the head begins with its axial soft tissue, and shows brain and bone of one series where it has only one", () => {
  const both = study(["head"], stack("bone", "CT", "Bone 1.0"), stack("soft", "CT", "Brain 5.0"));
  assert.deepEqual(shown(stage("Axial", both)), ["soft"]);
  assert.deepEqual(shown(stage("Brain and bone", both)), ["soft", "bone"]);
  const one = stage("Brain and bone", study(["head"], stack("soft", "CT", "Head 5.0")));
  assert.deepEqual(shown(one), ["soft", "soft"]);
  assert.deepEqual(
    one.places.map((place) => place?.window?.center),
    [40, 480],
  );
});

test("a test bolus of five images is not hung in place of the acquisition", () => {
  const chest = study(
    ["chest"],
    stack("bolus", "CT", "Bolus tracking", "axial", {}, 5),
    stack("chest", "CT", "CTPA", "axial", {}, 300),
  );
  assert.deepEqual(shown(stage("Axial", chest)), ["chest"]);
});

test("localizers are hung only where a study has nothing else", () => {
  const scout = { ...stack("scout", "CT", "Topogram"), isMinor: true };
  assert.deepEqual(shown(stage("Axial", study([], scout, stack("ct", "CT", "")))), ["ct"]);
  assert.equal(hung(study([], scout)), null);
});

test("three planes are offered where the study has them, and an oblique is none of them", () => {
  const abdomen = study(
    ["abdomen"],
    stack("ax", "CT", ""),
    stack("cor", "CT", "", "coronal"),
    stack("sag", "CT", "", "sagittal"),
  );
  assert.deepEqual(shown(stage("Three planes", abdomen)), ["ax", "cor", "sag"]);
  const tilted = study(["abdomen"], stack("ax", "CT", ""), stack("obl", "CT", "", "tilted"));
  assert.deepEqual(
    hung(tilted)?.stages.map(({ name }) => name),
    ["Axial"],
  );
});

test("a study of a modality that no protocol names is hung by none", () => {
  assert.equal(hung(study(["chest"], stack("us", "US", "Heart"))), null);
});
