import assert from "node:assert/strict";
import { test } from "node:test";
import { isOtherPatient, type Matchable, matchDoubts } from "./match-rule.ts";

const order: Matchable = {
  facilityId: "main",
  accessionNumber: "A1",
  patientId: "P1",
  issuerOfPatientId: "",
  patientName: "Rivers^Alder",
  patientBirthDate: "19690412",
  patientSex: "F",
};

test("a study answers an order when accession number, facility and patient are the same", () => {
  assert.deepEqual(matchDoubts(order, order), []);
  assert.deepEqual(matchDoubts(order, { ...order, patientName: "RIVERS^ALDER^^DR", patientBirthDate: "" }), []);
  assert.deepEqual(matchDoubts(order, { ...order, facilityId: null }), [], "a study sent by no edge router");
});

test("an accession number alone never decides: another patient, another facility, another issuer are told", () => {
  for (const [other, doubts] of [
    [{ patientId: "P2" }, ["patient-id"]],
    [{ facilityId: "north" }, ["facility"]],
    [{ patientName: "Okafor^Ada" }, ["name"]],
    [{ patientBirthDate: "19881130" }, ["birth-date"]],
    [{ patientSex: "M" }, ["sex"]],
  ] as const)
    assert.deepEqual(matchDoubts(order, { ...order, ...other }), doubts);
  assert.deepEqual(matchDoubts({ ...order, issuerOfPatientId: "A" }, { ...order, issuerOfPatientId: "B" }), [
    "patient-id",
  ]);
});

test("without an ID that identifies anybody the person has to agree in name and birth date", () => {
  assert.deepEqual(matchDoubts(order, { ...order, patientId: "UNKNOWN" }), []);
  assert.deepEqual(matchDoubts(order, { ...order, patientId: "", patientName: "" }), ["unidentified"]);
});

test("who registered a patient twice may join; two people are never joined", () => {
  assert.equal(isOtherPatient(matchDoubts(order, { ...order, patientId: "P2" })), false);
  assert.equal(isOtherPatient(matchDoubts(order, { ...order, patientName: "Okafor^Ada" })), true);
  assert.equal(isOtherPatient(matchDoubts(order, { ...order, patientSex: "M" })), true);
});
