import assert from "node:assert/strict";
import { test } from "node:test";
import { reportWords } from "@overread/shared/report-words";
import { containsDate } from "./wording.ts";

test("a comparison names its study by the date, in whatever order and language it is written", () => {
  const written: [text: string, language: string][] = [
    ["CT of 2 Mar 2024.", ""],
    ["CT, March 2nd, 2024", "en"],
    ["CT vom 02.03.2024", "de"],
    ["CT vom 2. März 2024", "de"],
    ["TDM du 2 mars 2024", "fr"],
    ["TC de 2 de marzo de 2024", "es"],
    ["TC de 2 de março de 2024", "pt-BR"],
    ["TK z 2 marca 2024", "pl"],
    ["КТ от 2 марта 2024", "ru"],
    ["ΑΤ της 2 Μαρτίου 2024", "el"],
    ["TT 2. maaliskuuta 2024", "fi"],
    ["2024年3月2日のCT", "ja"],
    // English words stay understood: the product's own line is English.
    ["CT of 2 Mar 2024.", "de"],
  ];
  for (const [text, language] of written) assert.ok(containsDate(text, "20240302", language), `${language}: ${text}`);
  const others = ["CT of 12 Mar 2024", "CT vom 2. Mai 2024", "TDM du 22 mars 2024", "TDM du 2 mars 20241"];
  for (const text of others)
    for (const language of ["", "de", "fr"])
      assert.ok(!containsDate(text, "20240302", language), `${language}: ${text}`);
});

test("a report in a language without words of its own is labelled in English, and by the language before its region", () => {
  for (const language of ["", "de", "pt-BR", "zh-Hant", "en-GB"])
    assert.equal(reportWords(language).titles.report, "Radiology report");
});
