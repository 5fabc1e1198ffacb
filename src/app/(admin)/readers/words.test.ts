import assert from "node:assert/strict";
import { test } from "node:test";
import { isProcedure, subspecialtyInWords, weekdaysInWords } from "./words.ts";

test("the days of a shift are said as people say them", () => {
  assert.equal(weekdaysInWords([7, 1, 2, 3, 4, 5, 6]), "Every day");
  assert.equal(weekdaysInWords([5, 1, 2, 3, 4]), "Mon–Fri");
  assert.equal(weekdaysInWords([6, 7]), "Sat, Sun");
  assert.equal(weekdaysInWords([1, 3, 4, 5]), "Mon, Wed–Fri");
});

test("what a reader is trained for is one line; what is left open is any", () => {
  assert.equal(
    subspecialtyInWords({ modalities: ["MR", "CT"], bodyRegions: ["head", "spine"], ageBands: [] }),
    "MR, CT of head, spine",
  );
  assert.equal(
    subspecialtyInWords({ modalities: [], bodyRegions: [], ageBands: ["child"] }),
    "Any modality (1 to 12 years)",
  );
  assert.equal(
    subspecialtyInWords({ modalities: ["MR"], bodyRegions: [], ageBands: [], procedures: ["75561", "cardiac"] }),
    "MR where the procedure is 75561 or cardiac",
  );
  for (const good of ["75561", "MR-angio", "Ganzkörper 2.0"]) assert.ok(isProcedure(good), good);
  for (const bad of ["", "-x", "a;b", "x".repeat(65)]) assert.ok(!isProcedure(bad), bad);
});
