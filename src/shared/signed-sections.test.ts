import assert from "node:assert/strict";
import { test } from "node:test";
import { signedSections } from "./signed-sections.ts";

const prompts = ["Lungs", "Pleura", "Heart", "Bones", "Right breast: masses", "Left breast: masses"];
const signed = (text: string): string | undefined =>
  signedSections([{ key: "findings", title: "Findings", text }], prompts)[0]?.text;

test("prompts that nobody wrote anything behind are not signed, and nothing else is lost", () => {
  for (const [written, expected] of [
    ["Lungs: \nPleura: \nHeart: \nBones: ", undefined],
    ["Lungs: \nPleura: No effusion.\nHeart: \nBones: ", "Pleura: No effusion."],
    ["Lungs: Clear.\nPleura:\nHeart: Normal.", "Lungs: Clear.\nHeart: Normal."],
    ["Lungs:\n\n\nPleura: No effusion.", "Pleura: No effusion."],
    ["Lungs: Clear.\n\nPleura: \n\nHeart: Normal.", "Lungs: Clear.\n\nHeart: Normal."],
    // Words below a prompt are behind it, however they stand there.
    ["Lungs:\n  - nodule, 8 mm\nPleura: ", "Lungs:\n  - nodule, 8 mm"],
    ["Lungs:\n\nNodule, 8 mm.\nPleura:", "Lungs:\n\nNodule, 8 mm."],
    // What no template asked is the reader's own.
    ["Discussed with:\nLungs: ", "Discussed with:"],
    ["Lungs: \nSpleen:", "Lungs: \nSpleen:"],
    ["No lesion of the following:\nLungs: ", "No lesion of the following:"],
    ["Right breast: masses: \nLeft breast: masses: None.", "Left breast: masses: None."],
    ["Lungs: \nRight breast: masses: 8 mm at 2 o'clock.", "Right breast: masses: 8 mm at 2 o'clock."],
    ["  Lungs: clear \n", "  Lungs: clear \n"],
    ["Lungs", "Lungs"],
  ] as const)
    assert.equal(signed(written), expected, JSON.stringify(written));
});

test("a section that was left empty is not signed", () => {
  const section = (key: string, text: string) => ({ key, title: key, text });
  assert.deepEqual(
    signedSections(
      [section("technique", " \n"), section("findings", "Lungs: "), section("impression", "Normal.")],
      prompts,
    ).map(({ key }) => key),
    ["impression"],
  );
});
