import assert from "node:assert/strict";
import { test } from "node:test";
import { ageAt, isBirthDate, yearsAt } from "./age.ts";
import { daysOf } from "./dates.ts";

const age = (birthDate: string, at: string, patientAge = "") => ageAt({ birthDate, patientAge }, at);

test("an age is told in the unit a radiologist expects", () => {
  for (const [born, at, expected] of [
    ["19690412", "20261120", "57 y"],
    ["19691121", "20261120", "56 y"],
    ["20260320", "20261120", "8 mo"],
    ["20241121", "20261120", "23 mo"],
    ["20261111", "20261120", "9 d"],
    ["20261117", "20261120", "3 d"],
    ["20261120", "20261120", "0 d"],
    ["20261021", "20261120", "4 w"],
    ["20260915", "20261120", "9 w"],
    ["19240229", "20260228", "101 y"],
  ] as const)
    assert.equal(age(born, at), expected, `${born} ${at}`);
});

test("a birth date that nobody can have is none: no age, and none that raises a priority", () => {
  for (const born of ["", "00010101", "00000000", "18500101", "20270101", "19690231", "1969", "unknown", "0000"]) {
    assert.equal(age(born, "20261120"), "", born);
    assert.equal(yearsAt({ birthDate: born }, "20261120"), undefined, born);
    assert.equal(isBirthDate(born, "20261120"), false, born);
  }
  assert.equal(age("19690412", ""), "");
  assert.equal(isBirthDate("19690412", ""), true);
});

test("the patient's age of the study counts where there is no birth date", () => {
  for (const [stated, expected, years] of [
    ["045Y", "45 y", 45],
    ["003M", "3 mo", 0],
    ["010D", "10 d", 0],
    ["002W", "2 w", 0],
    ["018M", "18 mo", 1],
  ] as const) {
    assert.equal(age("", "20261120", stated), expected);
    assert.equal(age("00010101", "20261120", stated), expected);
    assert.equal(yearsAt({ patientAge: stated }, ""), years);
  }
  assert.equal(age("19690412", "20261120", "012Y"), "57 y", "the birth date says it more exactly");
  for (const nonsense of ["", "Y", "45", "999Y", "old"]) assert.equal(age("", "20261120", nonsense), "", nonsense);
});

test("days are counted from the calendar, in both forms of a date", () => {
  assert.equal(daysOf("19700102"), 1);
  assert.equal(daysOf("1970.01.02"), 1, "the form of before 1993 (PS3.5 §6.2)");
  assert.equal(daysOf("19691341"), undefined);
});
