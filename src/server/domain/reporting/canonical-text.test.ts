import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalText, normalizeText, type SignedContent, sha256Of } from "./canonical-text.ts";
import { AddAddendum } from "./inputs.ts";

const content: SignedContent = {
  caseId: "c",
  studyInstanceUid: "1.2.3",
  version: 1,
  kind: "final",
  language: "",
  signedById: "u",
  signedByName: "Dr A",
  signedByQualification: "MD",
  signedAt: new Date("2026-11-21T12:00:00.123Z"),
  sections: [{ key: "impression", title: "Impression", text: "Normal." }],
  keyImages: [],
};

test("the same report is the same text, whatever order its parts were kept in", () => {
  const [section] = content.sections;
  const shuffled = { ...content, sections: [{ text: section!.text, title: section!.title, key: section!.key }] };
  assert.equal(canonicalText(shuffled), canonicalText(content));
  assert.equal(sha256Of(canonicalText(content)), "7be4b114f5a6a3397c69965cc21c912bb674b0ee163b190a7101972cc7178303");
});

test("every part that a reader relies on changes the hash", () => {
  const seen = new Set([canonicalText(content)]);
  const image = { seriesInstanceUid: "1", sopInstanceUid: "2", sopClassUid: "3", frameNumber: 1, caption: "" };
  const changes: Partial<SignedContent>[] = [
    { version: 2 },
    { kind: "addendum" },
    { signedByName: "Dr B" },
    { signedByQualification: "" },
    { signedAt: new Date(0) },
    { studyInstanceUid: "1.2.4" },
    { sections: [{ key: "impression", title: "Impression", text: "Abnormal." }] },
    { sections: [{ key: "impression", title: "Impression Normal.", text: "" }] },
    { keyImages: [image] },
    { keyImages: [{ ...image, frameNumber: 2 }] },
    { keyImages: [{ ...image, windowCenter: 40, windowWidth: 400 }] },
    { keyImages: [{ ...image, windowCenter: 50, windowWidth: 400 }] },
    { keyImages: [{ ...image, windowCenter: 40, windowWidth: 350 }] },
    { keyImages: [{ ...image, caption: "Nodule" }] },
    { keyImages: [{ ...image, seriesInstanceUid: "4" }] },
    { keyImages: [{ ...image, sopInstanceUid: "4" }] },
    { keyImages: [{ ...image, sopClassUid: "4" }] },
    { sections: [{ key: "findings", title: "Impression", text: "Normal." }] },
    { signedById: "v" },
    { caseId: "d" },
  ];
  for (const change of changes) seen.add(canonicalText({ ...content, ...change }));
  assert.equal(seen.size, changes.length + 1);
});

test("text is kept composed, with plain line ends and without control characters", () => {
  assert.equal(normalizeText("u\u0308\r\nb\rc\td\u0000e\u001b"), "\u00fc\nb\nc\td e ");
});

test("a line break of any kind stays one: no two lines become one word", () => {
  for (const end of ["\r\n", "\r", "\n", "\v", "\f", "\u0085", "\u2028", "\u2029"])
    assert.equal(normalizeText(`Dose 1${end}0 mg`), "Dose 1\n0 mg", JSON.stringify(end));
  assert.equal(normalizeText("a\r\n\r\nb\n\rc"), "a\n\nb\n\nc");
  for (const control of ["\u0000", "\u0007", "\u001f", "\u007f", "\u0090"])
    assert.equal(normalizeText(`1${control}0 mg`), "1 0 mg", "nothing between two words vanishes");
});

test("the language is signed where it was stated, and texts without one are as they always were", () => {
  assert.doesNotMatch(canonicalText(content), /language/);
  assert.match(canonicalText({ ...content, language: "de" }), /"kind": "final",\n "language": "de",\n "signedBy"/);
});

test("an addendum keeps the indentation of its lists, and an empty one is none", () => {
  const parsed = (text: string) =>
    AddAddendum.safeParse({ caseId: "019ab000-0000-7000-8000-000000000000", text }).data?.text;
  assert.equal(parsed(" \n\r\n  - liver\n    - segment VII\n \n"), "  - liver\n    - segment VII");
  assert.equal(parsed(" \n \t\n"), undefined);
});
