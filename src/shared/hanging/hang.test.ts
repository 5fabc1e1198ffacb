import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../dicom/attributes.ts";
import { frameAttributes } from "../dicom/functional-groups.ts";
import { Tag } from "../dicom/tags.ts";
import { builtInProtocols } from "./built-in.ts";
import { seriesFacts } from "./facts.ts";
import { type HangingSeries, type HangingStudy, hangings } from "./hang.ts";
import { viewName } from "./pictures.ts";

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

test("a single mammogram hangs too, in the one cell there is", () => {
  const one = stage("One view", study([], views("1", "MG", [["R", "MLO"]])));
  assert.deepEqual([one.rows, one.columns, ...shown(one)], [1, 1, "1.1"]);
  assert.equal(one.places[0]?.fit, "breast");
});

test("a view is known by its code where View Position is empty", () => {
  const coded = attributes({
    [Tag.SOPInstanceUID]: ["9"],
    [Tag.ImageLaterality]: ["R"],
    [Tag.ViewCodeSequence]: [attributes({ [Tag.CodeValue]: ["R-10226"] })],
  });
  const facts = seriesFacts({ modality: "MG", description: "" }, [coded]);
  assert.deepEqual(facts.pictures, [{ sopInstanceUid: "9", side: "R", view: "MLO" }]);
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
    ["Axial", "Soft tissue and lung"],
  );
});

test("one's own protocols are taken in the order that one gave them, also where a later one names the region", () => {
  const [ct, chest] = ["ct", "ct-chest"].map((id) => builtInProtocols.find((each) => each.id === id)!);
  const found = hangings([study(["chest"], stack("ct", "CT", ""))], [[ct!, chest!], [], builtInProtocols]);
  assert.deepEqual(
    found.map(({ protocol }) => protocol.id),
    ["ct", "ct-chest", "ct-chest", "ct"],
  );
});

test("a study of a modality that no protocol names is hung by none", () => {
  assert.equal(hung(study(["chest"], stack("hc", "HC", "Hard copy"))), null);
});

type Mammogram = {
  uid: string;
  side?: string;
  view?: string;
  sopClass?: string;
  frames?: number;
  imageType?: (string | null)[];
  modifier?: string;
  magnified?: number;
};
const mammogram = ({ uid, side = "R", view = "CC", ...more }: Mammogram): Attributes =>
  attributes({
    [Tag.SOPInstanceUID]: [uid],
    [Tag.SOPClassUID]: [more.sopClass ?? "1.2.840.10008.5.1.4.1.1.1.2"],
    [Tag.Modality]: ["MG"],
    [Tag.ImageLaterality]: [side],
    [Tag.ViewPosition]: [view],
    [Tag.ImageType]: more.imageType ?? ["ORIGINAL", "PRIMARY", null],
    ...(more.frames ? { [Tag.NumberOfFrames]: [more.frames] } : {}),
    ...(more.magnified ? { [Tag.EstimatedRadiographicMagnificationFactor]: [more.magnified] } : {}),
    ...(more.modifier
      ? {
          [Tag.ViewCodeSequence]: [
            attributes({
              [Tag.CodeValue]: [view === "CC" ? "399162004" : "399368009"],
              [Tag.ViewModifierCodeSequence]: [attributes({ [Tag.CodeMeaning]: [more.modifier] })],
            }),
          ],
        }
      : {}),
  });
const mammography = (...all: Mammogram[]): HangingStudy => ({
  regions: ["breast"],
  series: all.map((one): HangingSeries => {
    const facts = seriesFacts({ modality: "MG", description: "" }, [mammogram(one)]);
    return { seriesInstanceUid: one.uid, modality: "MG", numberOfInstances: 1, isMinor: false, facts };
  }),
});
const tomosynthesis = "1.2.840.10008.5.1.4.1.1.13.1.3";

test("2D, synthesised and tomosynthesis of one view are told apart, and each has its stage", () => {
  const three = mammography(
    { uid: "tomo", sopClass: tomosynthesis, frames: 60, imageType: ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"] },
    { uid: "synthetic", imageType: ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"] },
    { uid: "flat" },
    { uid: "left", side: "L" },
    { uid: "left-tomo", side: "L", frames: 55 },
    { uid: "mlo", view: "MLO" },
  );
  assert.deepEqual(shown(stage("Four views", three)), ["flat", "left", "mlo", null]);
  assert.deepEqual(shown(stage("Tomosynthesis", three)), ["tomo", "left-tomo", null, null]);
  assert.deepEqual(shown(stage("Right: 2D and tomosynthesis", three)), ["flat", "tomo", "mlo", null]);
  const withoutFlat = mammography(
    { uid: "tomo", sopClass: tomosynthesis, frames: 60 },
    { uid: "synthetic", imageType: ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"] },
    { uid: "left", side: "L" },
  );
  assert.deepEqual(shown(stage("CC", withoutFlat)), ["synthetic", "left"], "where no 2D was taken the synthesised one");
});

test("side and view of a tomosynthesis are read from its functional groups", () => {
  const tomo = attributes({
    [Tag.SOPInstanceUID]: ["9"],
    [Tag.SOPClassUID]: [tomosynthesis],
    [Tag.Modality]: ["MG"],
    [Tag.NumberOfFrames]: [2],
    [Tag.ViewCodeSequence]: [attributes({ [Tag.CodeValue]: ["399368009"] })],
    [Tag.SharedFunctionalGroupsSequence]: [attributes({ "00209071": [attributes({ [Tag.FrameLaterality]: ["L"] })] })],
    [Tag.PerFrameFunctionalGroupsSequence]: [attributes({}), attributes({})],
  });
  const { pictures } = seriesFacts({ modality: "MG", description: "" }, [tomo]);
  assert.deepEqual(pictures, [{ sopInstanceUid: "9", side: "L", view: "MLO", kind: "tomo" }]);
  assert.equal(viewName(frameAttributes(tomo, 1)), "L MLO tomosynthesis");
});

test("a magnification, a spot and an implant-displaced view stand for no standard view, and have a stage of their own", () => {
  const screened = mammography(
    { uid: "spot", modifier: "Spot Compression" },
    { uid: "displaced", modifier: "Implant Displaced" },
    { uid: "magnified", magnified: 1.8 },
    { uid: "biopsy", imageType: ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"] },
    { uid: "standard", magnified: 1.06 },
    { uid: "left", side: "L" },
  );
  assert.deepEqual(shown(stage("CC", screened)), ["standard", "left"]);
  assert.deepEqual(shown(stage("Further views", screened)), ["spot", "displaced", "magnified", "biopsy"]);
  assert.equal(
    hung(mammography({ uid: "spot", modifier: "Spot Compression" }, { uid: "left", side: "L" }))?.stages.some(
      ({ name }) => name === "CC",
    ),
    false,
    "rather no pair than a spot as if it were the whole breast",
  );
  const named = viewName(mammogram({ uid: "1", view: "MLO", modifier: "Spot Compression", magnified: 1.8 }));
  assert.equal(named, "R MLO spot compression magnification");
});

test("what was sent for processing is hung only where nothing was made for the eye", () => {
  const forProcessing = "1.2.840.10008.5.1.4.1.1.1.2.1";
  const both = mammography({ uid: "raw", sopClass: forProcessing }, { uid: "made" }, { uid: "left", side: "L" });
  assert.deepEqual(shown(stage("CC", both)), ["made", "left"]);
  const alone = mammography({ uid: "raw", sopClass: forProcessing }, { uid: "l", side: "L", sopClass: forProcessing });
  assert.deepEqual(shown(stage("CC", alone)), ["raw", "l"]);
});

/** A series of ultrasound pictures or runs, by how many frames each has. */
function loops(uid: string, modality: string, frames: number[]): HangingSeries {
  const instances = frames.map((count, n) =>
    attributes({ [Tag.SOPInstanceUID]: [`${uid}.${n + 1}`], [Tag.NumberOfFrames]: [count] }),
  );
  const facts = seriesFacts({ modality, description: "" }, instances);
  return { seriesInstanceUid: uid, modality, numberOfInstances: frames.length, isMinor: false, facts };
}

test("pictures and loops of an ultrasound hang as a grid of as many cells as there are, twelve at a time, then as a stack", () => {
  const heart = study(["chest"], loops("1", "US", [1, 40, 1]), loops("2", "US", [30, 1]));
  const grid = stage("Pictures", heart);
  assert.deepEqual([grid.rows, grid.columns], [2, 3]);
  assert.deepEqual(shown(grid), ["1.1", "1.2", "1.3", "2.1", "2.2", null]);
  assert.deepEqual(shown(stage("Series", heart)), ["1"]);
  const many = study(
    [],
    loops(
      "1",
      "US",
      Array.from({ length: 15 }, () => 1),
    ),
  );
  assert.deepEqual(shown(stage("Pictures 13 to 24", many)), ["1.13", "1.14", "1.15", null]);
  assert.deepEqual(
    hung(study([], loops("1", "US", [1])))?.stages.map(({ name }) => name),
    ["Series"],
    "one picture is no grid",
  );
});

test("runs of an angiography are a grid, and so are the pictures of a nuclear medicine study", () => {
  assert.deepEqual(shown(stage("Runs", study([], loops("1", "XA", [12, 30])))), ["1.1", "1.2"]);
  assert.deepEqual(shown(stage("Pictures", study([], loops("1", "NM", [1, 1])))), ["1.1", "1.2"]);
});

test("a PET/CT lays CT beside PET; a CT alone is none", () => {
  const both = study(
    ["chest"],
    stack("ct", "CT", "Low dose", "axial", {}, 90),
    stack("pet", "PT", "AC", "axial", {}, 90),
  );
  assert.equal(hung(both)?.protocol.id, "pet-ct");
  assert.deepEqual(shown(stage("CT and PET", both)), ["ct", "pet"]);
  assert.equal(hung(study(["chest"], stack("ct", "CT", "")))?.protocol.id, "ct-chest");
  const before = study(["chest"], stack("ct0", "CT", ""), stack("pet0", "PT", ""));
  assert.deepEqual(shown(stage("With prior", both, before)), ["ct", "pet", "ct0", "pet0"]);
});

test("of a slide the overview and the label come first, by Image Type", () => {
  const slide = (uid: string, flavor: string): HangingSeries => {
    const instance = attributes({
      [Tag.SOPInstanceUID]: [`${uid}.1`],
      [Tag.ImageType]: ["ORIGINAL", "PRIMARY", flavor],
    });
    const facts = seriesFacts({ modality: "SM", description: "" }, [instance]);
    return { seriesInstanceUid: uid, modality: "SM", numberOfInstances: 1, isMinor: false, facts };
  };
  const whole = study([], slide("volume", "VOLUME"), slide("label", "LABEL"), slide("overview", "OVERVIEW"));
  assert.deepEqual(shown(stage("Overview and label", whole)), ["overview.1", "label.1"]);
  assert.deepEqual(
    hung(study([], slide("volume", "VOLUME")))?.stages.map(({ name }) => name),
    ["Slide"],
  );
});

test("bones hang two views for each side, and above their prior; the left knee is no prior of the right one", () => {
  const right = study(
    ["lower limb"],
    views("1", "DX", [
      ["R", "AP"],
      ["R", "LAT"],
    ]),
  );
  const both = study(
    ["lower limb"],
    ...right.series,
    views("2", "DX", [
      ["L", "LAT"],
      ["L", "AP"],
    ]),
  );
  assert.deepEqual(shown(stage("Both sides", both)), ["1.1", "1.2", "2.2", "2.1"]);
  const before = study(
    ["lower limb"],
    views("3", "CR", [
      ["R", "AP"],
      ["R", "LAT"],
    ]),
  );
  assert.deepEqual(shown(stage("With prior", right, before)), ["1.1", "1.2", "3.1", "3.2"]);
  const other = study(
    ["lower limb"],
    views("4", "CR", [
      ["L", "AP"],
      ["L", "LAT"],
    ]),
  );
  assert.equal(
    hung(right, other)?.stages.some(({ name }) => name === "With prior"),
    false,
  );
});

test("dental pictures hang the panoramic one first, then the small ones as a grid", () => {
  const teeth = study(
    [],
    views("1", "IO", [
      ["", ""],
      ["", ""],
      ["", ""],
    ]),
    views("2", "PX", [["", ""]]),
  );
  assert.deepEqual(shown(stage("Panoramic", teeth)), ["2.1"]);
  assert.deepEqual(shown(stage("Pictures", teeth)), ["1.1", "1.2", "1.3", null]);
});

test("MR of liver, prostate, breast and a joint each hang their own sequences", () => {
  const liver = study(
    ["abdomen"],
    stack("t2", "MR", "T2 HASTE ax"),
    stack("pre", "MR", "T1 VIBE pre ax"),
    stack("post", "MR", "T1 VIBE portal venous ax"),
    stack("dwi", "MR", "DWI b800"),
    stack("adc", "MR", "ADC"),
    stack("cor", "MR", "T2 cor", "coronal"),
  );
  assert.deepEqual(shown(stage("Overview", liver)), ["t2", "pre", "post", "dwi", "adc", "cor"]);
  const prostate = study(
    ["pelvis"],
    stack("cor", "MR", "T2 TSE cor", "coronal"),
    stack("ax", "MR", "T2 TSE tra"),
    stack("sag", "MR", "T2 TSE sag", "sagittal"),
    stack("dwi", "MR", "ep2d_diff"),
    stack("adc", "MR", "ep2d_diff_ADC"),
  );
  assert.deepEqual(shown(stage("T2 and diffusion", prostate)), ["ax", "dwi", "adc"]);
  const breast = study(["breast"], stack("post", "MR", "T1 FLASH post"), stack("stir", "MR", "STIR tra"));
  const half = stage("Overview", breast);
  assert.deepEqual([half.rows, half.columns, ...shown(half)], [1, 2, "post", "stir"], "half a screen is closed up");
  const knee = study(
    ["lower limb"],
    stack("t1", "MR", "T1 cor", "coronal"),
    stack("cor", "MR", "PD FS cor", "coronal"),
    stack("sag", "MR", "PD FS sag", "sagittal"),
    stack("ax", "MR", "PD FS tra"),
  );
  assert.deepEqual(shown(stage("Planes", knee)), ["cor", "sag", "ax", "t1"]);
});
