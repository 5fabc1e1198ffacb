import assert from "node:assert/strict";
import { test } from "node:test";
import { birthDateFrom, nameFrom, nameParts } from "./form-values.ts";

test("a name typed in two fields is one PN, whatever is typed into them", () => {
  assert.equal(nameFrom("Rivers", "Alder"), "Rivers^Alder");
  assert.equal(nameFrom("Rivers", ""), "Rivers");
  assert.equal(nameFrom("Ri^v\\ers=", " Al  der "), "Ri v ers^Al der");
  assert.deepEqual(nameParts("Rivers^Alder^^Dr=山田^太郎"), ["Rivers", "Alder"]);
});

test("a birth date is DICOM's", () => {
  assert.equal(birthDateFrom("1969-04-12"), "19690412");
  assert.equal(birthDateFrom(""), "");
});
