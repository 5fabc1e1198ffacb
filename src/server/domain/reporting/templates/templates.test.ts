import assert from "node:assert/strict";
import { test } from "node:test";
import { type Examination, templatesFor } from "./index.ts";

const examination = (modality: string, bodyPart: string, studyDescription = ""): Examination => ({
  modalities: [modality],
  bodyParts: [bodyPart],
  studyDescription,
  priors: [],
  orders: [],
});

test("the template fits modality and body part, and is general when nothing fits", () => {
  for (const [modality, bodyPart, description, expected] of [
    ["CT", "HEAD", "", "ct-head"],
    ["CT", "CHEST", "", "ct-chest"],
    ["CT", "", "CT ABDOMEN PELVIS W CONTRAST", "ct-abdomen"],
    ["MR", "BRAIN", "", "mr-brain"],
    ["DX", "CHEST", "", "chest-radiograph"],
    ["CR", "HAND", "", "radiograph"],
    ["MG", "BREAST", "", "mammography"],
    ["US", "ABDOMEN", "", "ultrasound"],
    ["PT", "WHOLEBODY", "", "generic"],
    ["CT", "KNEE", "", "generic"],
  ] as const)
    assert.equal(
      templatesFor(examination(modality, bodyPart, description))[0].id,
      expected,
      `${modality} ${bodyPart} ${description}`,
    );
});

test("a finding is stated by the reader or by a template the reader chose, never by the suggested one", () => {
  for (const [modality, bodyPart] of [
    ["CT", "HEAD"],
    ["CT", "CHEST"],
    ["DX", "CHEST"],
    ["MR", "BRAIN"],
    ["MG", "BREAST"],
  ] as const) {
    const templates = templatesFor(examination(modality, bodyPart));
    const [suggested] = templates;
    assert.equal(templates.filter((t) => t.suggested).length, 1);
    const text = Object.fromEntries(suggested.sections.map((s) => [s.key, s.text]));
    assert.equal(text.impression, "");
    for (const line of text.findings!.split("\n")) assert.match(line, /: $/, "a prompt and nothing behind it");
  }
});

test("the clinical information is what the site gave with its orders, each text once", () => {
  const text = (orders: Examination["orders"]) =>
    templatesFor({ ...examination("CT", "CHEST"), orders })[0].sections.find(({ key }) => key === "clinicalInformation")
      ?.text;
  assert.equal(text([]), "");
  assert.equal(
    text([
      { reasonForExam: "Dyspnoea", clinicalInformation: "Smoker, 40 pack years." },
      { reasonForExam: "Dyspnoea", clinicalInformation: "" },
    ]),
    "Dyspnoea\nSmoker, 40 pack years.",
  );
});

test("the comparison names the priors by date, at most five, and claims nothing where there are none", () => {
  const prior = { studyDate: "20250302", studyDescription: "CT CHEST", modalities: ["CT"] };
  const comparison = (priors: Examination["priors"]) =>
    templatesFor({ ...examination("CT", "CHEST"), priors })[0].sections.find(({ key }) => key === "comparison")?.text;
  assert.equal(comparison([]), "", "whether there are any elsewhere is for the reader to say");
  assert.equal(
    comparison([prior, { studyDate: "", studyDescription: "", modalities: ["MR"] }]),
    "CT CHEST of 2 Mar 2025; MR, undated.",
  );
  assert.equal(comparison(Array(9).fill(prior))?.split(";").length, 5);
});

test("an examination of more than a template covers opens with the general one, which states no technique", () => {
  for (const [modalities, bodyParts, description] of [
    [["CT", "PT"], ["HEADNECK"], "PET/CT NECK"],
    [["PT", "CT"], ["HEAD"], "PET-CT head and neck"],
    [["CT"], ["HEAD", "CHEST"], "Polytrauma"],
    [["CT"], ["NECK", "CHEST"], "CT neck and chest"],
    [["CT"], ["CHEST", "ABDOMEN"], "CT chest abdomen pelvis"],
    [["CT"], [], "CT"],
    [["CT"], ["NECK"], ""],
    [["MR"], ["SPINE"], "MR lumbar spine"],
    [["CR", "US"], ["CHEST"], ""],
    [["SR"], [], ""],
  ] as const) {
    const [first] = templatesFor({
      modalities: [...modalities],
      bodyParts: [...bodyParts],
      studyDescription: description,
      priors: [],
      orders: [],
    });
    assert.equal(first.id, "generic", `${modalities} ${bodyParts} ${description}`);
    assert.equal(first.sections.find(({ key }) => key === "technique")?.text, "");
  }
  const withDose = { modalities: ["CT", "SR"], bodyParts: ["CHEST"], studyDescription: "", priors: [], orders: [] };
  assert.equal(templatesFor(withDose)[0].id, "ct-chest", "a dose report beside the images changes nothing");
});

test("what a template puts into Technique is what the study says of itself, and nothing more", () => {
  const technique = (modalities: string[], bodyParts: string[], studyDescription: string, id?: string) => {
    const all = templatesFor({ modalities, bodyParts, studyDescription, priors: [], orders: [] });
    const template = id ? all.find((each) => each.id === id) : all[0];
    return [template?.id, template?.sections.find(({ key }) => key === "technique")?.text];
  };
  for (const [modalities, bodyParts, description, expected] of [
    [["CT"], ["HEAD"], "CT HEAD W CONTRAST", ["ct-head", "CT. Body part: head."]],
    [["CT", "SR"], ["ABDOMEN"], "", ["ct-abdomen", "CT. Body part: abdomen."]],
    [["CT"], [], "CT kidneys", ["ct-abdomen", "CT."]],
    [["MR"], ["ORBIT"], "", ["mr-brain", "MR. Body part: orbit."]],
    [["DX"], ["RIB"], "", ["chest-radiograph", "Digital radiography. Body part: rib."]],
    [["CR"], ["C_SPINE"], "", ["radiograph", "Computed radiography. Body part: c spine."]],
    [["MG"], ["BREAST", "BREAST"], "", ["mammography", "Mammography. Body part: breast."]],
    [["US"], [], "", ["ultrasound", "Ultrasound."]],
  ] as const)
    assert.deepEqual(technique([...modalities], [...bodyParts], description), expected, `${modalities} ${bodyParts}`);
  assert.deepEqual(
    technique(["PT", "CT"], ["NECK"], "PET/CT NECK", "ct-head")[1],
    "CT. Body part: neck.",
    "chosen all the same",
  );
  assert.deepEqual(technique(["MR"], ["KNEE"], "", "ct-head")[1], "", "a CT that was not made is not claimed");
});

test("a PET/CT or a trauma scan opens as General, with a template of several regions next to it", () => {
  for (const [modalities, bodyParts] of [
    [["PT", "CT"], ["WHOLEBODY"]],
    [["CT"], ["HEAD", "CHEST", "ABDOMEN"]],
  ] as const) {
    const [first, second] = templatesFor({
      modalities: [...modalities],
      bodyParts: [...bodyParts],
      studyDescription: "",
      priors: [],
      orders: [],
    });
    assert.deepEqual([first.id, second?.id, second?.suggested], ["generic", "several-regions", false]);
    const text = Object.fromEntries(second?.sections.map((section) => [section.key, section.text]) ?? []);
    assert.equal(text.technique, "");
    for (const line of text.findings?.split("\n") ?? []) assert.match(line, /: $/);
  }
});
