import assert from "node:assert/strict";
import { test } from "node:test";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { patientConflicts } from "./patient-conflicts.ts";

const image = (name: string, id: string, birthDate = "19690412", issuer = ""): DicomJson => {
  const [Alphabetic, Ideographic] = name.split("=");
  return {
    "00100010": {
      vr: "PN",
      Value: [{ ...(Alphabetic ? { Alphabetic } : {}), ...(Ideographic ? { Ideographic } : {}) }],
    },
    "00100020": { vr: "LO", Value: [id] },
    ...(issuer ? { "00100021": { vr: "LO", Value: [issuer] } } : {}),
    ...(birthDate ? { "00100030": { vr: "DA", Value: [birthDate] } } : {}),
  } as DicomJson;
};
const known = image("Rivers^Alder", "P-1");

test("another patient ID, issuer, name or date of birth is a contradiction", () => {
  assert.deepEqual(patientConflicts(known, image("Rivers^Alder", "P-2")), ["patient-id"]);
  assert.deepEqual(
    patientConflicts(
      image("Rivers^Alder", "P-1", "19690412", "NORTH"),
      image("Rivers^Alder", "P-1", "19690412", "SOUTH"),
    ),
    ["issuer"],
  );
  assert.deepEqual(patientConflicts(known, image("Rivers^Birch", "P-1")), ["name"]);
  assert.deepEqual(patientConflicts(known, image("Rivers^Alder", "P-1", "19690413")), ["birth-date"]);
  assert.deepEqual(patientConflicts(known, image("Brook^Ash", "P-9", "20010101")), [
    "patient-id",
    "name",
    "birth-date",
  ]);
});

test("what is left out, or written more fully, contradicts nothing", () => {
  assert.deepEqual(patientConflicts(known, known), []);
  assert.deepEqual(patientConflicts(known, image("RIVERS^ALDER^JAY", "P-1 ", "", "NORTH")), []);
  assert.deepEqual(patientConflicts(known, { "00100020": { vr: "LO" } }), []);
  assert.deepEqual(patientConflicts(image("Yamada^Tarou", "P-1"), image("Yamada^Tarou=山田^太郎", "P-1")), []);
  assert.deepEqual(patientConflicts(image("=山田^太郎", "P-1"), image("Yamada^Tarou", "P-1")), []);
  assert.deepEqual(patientConflicts(image("Müller^Jürgen", "P-1"), image("MULLER^JURGEN", "P-1")), []);
});
