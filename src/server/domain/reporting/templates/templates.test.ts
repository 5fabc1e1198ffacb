import assert from "node:assert/strict";
import { test } from "node:test";
import { type Examination, templatesFor } from "./index.ts";

const examination = (modality: string, bodyPart: string, studyDescription = ""): Examination => ({
  modalities: [modality],
  bodyParts: [bodyPart],
  studyDescription,
  priors: [],
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

test("the comparison names the priors by date, at most five, or says that there are none", () => {
  const prior = { studyDate: "20250302", studyDescription: "CT CHEST", modalities: ["CT"] };
  const comparison = (priors: Examination["priors"]) =>
    templatesFor({ ...examination("CT", "CHEST"), priors })[0].sections.find(({ key }) => key === "comparison")?.text;
  assert.equal(comparison([]), "None available.");
  assert.equal(
    comparison([prior, { studyDate: "", studyDescription: "", modalities: ["MR"] }]),
    "CT CHEST of 2025-03-02; MR of undated.",
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
    });
    assert.equal(first.id, "generic", `${modalities} ${bodyParts} ${description}`);
    assert.equal(first.sections.find(({ key }) => key === "technique")?.text, "");
  }
  const withDose = { modalities: ["CT", "SR"], bodyParts: ["CHEST"], studyDescription: "", priors: [] };
  assert.equal(templatesFor(withDose)[0].id, "ct-chest", "a dose report beside the images changes nothing");
});
