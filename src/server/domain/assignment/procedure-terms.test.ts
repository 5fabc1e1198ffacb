import assert from "node:assert/strict";
import { test } from "node:test";
import { namedProcedures, trainedNames } from "./procedure-terms.ts";

const of = namedProcedures(["70450", "cardiac", "prostate", "MR-angio", "CT", "  "]);
const named = (procedureCode: string | null, ...descriptions: string[]) => of({ procedureCode, descriptions });

test("a procedure is known by its code or by whole words of its description, in any spelling of case and signs", () => {
  assert.deepEqual(named("70450"), ["70450"]);
  assert.deepEqual(named(null, "CARDIAC MR, stress"), ["cardiac"]);
  assert.deepEqual(named("x", "Herz", "mr_angio of the legs"), ["MR-angio"]);
  assert.deepEqual(named(null, "pericardiac cyst", "prostatectomy"), [], "part of a word is another word");
  assert.deepEqual(named("704501", "code 70450-1"), ["70450"]);
  assert.deepEqual(named(null, ""), []);
  assert.deepEqual(named("cardiac", "CT of the prostate"), ["CT", "cardiac", "prostate"], "in one order, each once");
});

test("the names are those of all readers, and without any nothing is asked", () => {
  assert.deepEqual(
    trainedNames([{ subspecialties: [{ procedures: ["a"] }, { procedures: [] }] }, { subspecialties: [] }]),
    ["a"],
  );
  assert.deepEqual(namedProcedures([])({ procedureCode: "70450", descriptions: ["CT head"] }), []);
});
