import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { reportLanguages } from "@overread/shared/report-languages";
import { signedReport, uidsOf } from "../factories/signed-report.ts";
import { judge, written } from "../support/judge-report.ts";
import { run } from "../support/run.ts";

/** The words of a report arrive as they were written: on paper, copied out of it, and in the structured object. */
let dir: string;
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), "overread-words-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Signs of the trade, as readers write and paste them. */
const signs = [
  "T₂ T₂* SpO₂ 94 % FEV₁ CO₂ H₂O ¹⁸F-FDG ⁹⁹ᵐTc B₁₂ xₐ kₙ",
  "10⁹/L 10⁻³ mm²/s cm³ m² s⁻¹ x⁴ 2ⁿ ¹⁰ ⁵⁶⁷⁸",
  "±0.5 ≤3 ≥5 <2 >1 ≈4 ≠ ≡ ∞ √2 ∑ ∆ ∂ ∝ ∅ ⌀ Ø 5×7 ÷ − · • ≪ ≫ ⩽ ⩾",
  "→ ← ↑ ↓ ↔ ↗ ↘ ⇒ ⇑ ⇓ ➔ ➜",
  "½ ¼ ¾ ⅓ ⅔ ⅛ ⅜ ⅝ ⅞ ‰ % ° ℃ ′ ″ § † ‡ № ℞ Å µm μg Ω",
  "α β γ δ Δ ε θ κ λ π σ φ χ ψ ω",
  "♀ ♂ ☐ ☑ ☒ ✓ ✔ ✗ ✘ ■ □ ▪ ● ○ ◦ ‣ ▲ ▼ ★ ⚠",
  "Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ Ⅵ Ⅶ Ⅷ Ⅸ Ⅹ Ⅺ Ⅻ ⅰ ⅱ ⅲ ① ② ③",
  "V̇/Q̇ x̄ p̂ “so” ‘so’ „so“ «so» – — … ‑ ﬁ",
];

test("every sign that readers write is drawn and copied out as itself, in plain and in heavy type", async () => {
  const text = signs.join("\n");
  const report = signedReport({
    sections: [
      { key: "findings", title: "Findings", text },
      { key: "impression", title: "Impression", text },
    ],
    uids: uidsOf("signs"),
  });
  const files = await written(dir, "signs", report);
  await judge(files, report);
  const shown = (await run("pdftotext", ["-raw", files.pdf, "-"])).stdout.normalize("NFC");
  assert.doesNotMatch(shown, /\[U\+|\uFFFD/, "nothing is spelt out as a code point");
  // A ligature may come back as the letters it stands for.
  const inks = (words: string) => words.normalize("NFC").replaceAll("ﬁ", "fi").replace(/\s/g, "");
  for (const line of signs)
    assert.equal(inks(shown).split(inks(line)).length - 1, 2, `twice on paper: ${line}\n${shown}`);
  for (const word of ["T₂", "SpO₂", "FEV₁", "10⁹/L", "10⁻³", "5×7", "±0.5"])
    assert.match(shown, new RegExp(`(^|\\s)${RegExp.escape(word)}(\\s|$)`, "m"), `${word} is one word`);
  const tree = (await run("dsrdump", ["+Pl", "+U8", files.sr])).stdout;
  for (const word of ["SpO₂", "10⁹/L", "⅓", "♀", "Ⅻ"])
    assert.ok(tree.includes(word), `${word} in the structured report`);
});

test("lists keep their indentation on paper and in the structured report", async () => {
  const text = [
    "",
    "  • Liver",
    "      - segment VII: 12 mm",
    "      - segment IVb: 8 mm, which is said at such length that the line has to be broken before the end of it, twice over even, with the words going on below",
    "\t\ttab: deeper",
    "Spleen",
    "   1. first",
    "  ",
  ].join("\n");
  const report = signedReport({
    sections: [
      { key: "findings", title: "Findings", text },
      { key: "impression", title: "Impression", text },
    ],
    uids: uidsOf("lists"),
  });
  const files = await written(dir, "lists", report);
  await judge(files, report);
  const lines = (await run("pdftotext", ["-layout", files.pdf, "-"])).stdout.split("\n");
  const columns = (words: string): number[] =>
    lines.filter((line) => line.includes(words)).map((line) => line.search(/\S/));
  const [spleen, liver, segment, tab, first] = ["Spleen", "• Liver", "- segment VII", "tab: deeper", "1. first"].map(
    columns,
  );
  for (const where of [0, 1]) {
    const at = (found?: number[]): number => found?.[where] ?? Number.NaN;
    assert.ok(
      at(spleen) < at(liver) && at(liver) < at(segment) && at(segment) < at(tab),
      JSON.stringify([spleen, liver, segment, tab]),
    );
    assert.ok(at(spleen) < at(first) && at(first) < at(segment));
  }
  for (const line of lines.filter((line) => /going on below|twice over/.test(line)))
    assert.ok(line.search(/\S/) >= (segment?.[0] ?? Number.NaN), "a broken line goes on under its own words");
  const value = (await run("dcmdump", ["+P", "0040,a160", "+L", "-q", files.sr])).stdout;
  assert.match(value, /\[ {2}• Liver\r?\n {6}- segment VII: 12 mm/, "first line too");
  assert.match(value, /\n {8}tab: deeper/);
});

test("the language is what the reader said: in the structured report and the PDF; where nobody said, neither claims one", async () => {
  for (const [language, meaning] of [
    ["en", "English"],
    ["de", "German"],
    ["pt-BR", "Portuguese (Brazil)"],
    ["nb", "Norwegian Bokmål"],
    ["zh-Hant", "Chinese (traditional)"],
    ["", null],
  ] as const) {
    const report = signedReport({ language, uids: uidsOf(`language ${language}`) });
    const files = await written(dir, "language", report);
    await judge(files, report);
    const tree = (await run("dsrdump", ["+Pc", "+Pl", "+U8", files.sr])).stdout;
    const pdf = (await run("qpdf", ["--json=1", "--json-key=objects", files.pdf])).stdout;
    if (meaning === null) {
      assert.doesNotMatch(tree, /Language of Content/);
      assert.doesNotMatch(pdf, /"\/Lang"/);
    } else {
      const stated = tree.split("\n").find((line) => line.includes("Language of Content")) ?? "";
      assert.ok(stated.includes(`(${language},RFC5646,"${meaning}")`), stated);
      assert.match(pdf, new RegExp(`"/Lang": "${language}"`));
    }
  }
});

test("every language is a valid code", () => {
  for (const [tag, meaning] of Object.entries(reportLanguages)) {
    assert.equal(Intl.getCanonicalLocales(tag)[0], tag);
    assert.ok(tag.length <= 16 && meaning.length <= 64);
  }
});
