import type { Canary } from "../support/canaries.ts";
import { type Tiny, type TinyWish, tinyInstance } from "./tiny-instance.ts";

/** Words that occur nowhere else. */
export const canaryTexts = {
  name: "Vexliquor^Qumbarra",
  id: "QPID73K41X9",
  accession: "QACC58W20J",
  birthDate: "19210817",
  referring: "Drossbane^Yulqiva",
  clinical: "glibnorth tremorquay",
  words: "oxwimble plaquefern",
  reason: "murkswain thornbevel",
  password: "Hufflock!Jaspertide 42",
  wrong: "Mockvetch!Pilgrimoss 17",
};
const images = ["patient", "study", "series", "instance"];
// A structured report is an object of the study, with its words among the attributes that are given as metadata.
const report = ["instance", "report_draft", "report_version", "draft_handover"];
/** Each with the tables that are meant to hold it. */
export const canaries: Canary[] = [
  { what: "patient name", text: canaryTexts.name, homes: images },
  { what: "patient ID", text: canaryTexts.id, homes: images },
  { what: "accession number", text: canaryTexts.accession, homes: images },
  { what: "birth date", text: canaryTexts.birthDate, alias: ["1921-08-17"], homes: images },
  { what: "referring physician", text: canaryTexts.referring, homes: images },
  { what: "clinical text", text: canaryTexts.clinical, homes: images },
  { what: "report words", text: canaryTexts.words, homes: report },
  // Who held or skipped a case, or decided about an image, says why, and the trail keeps it.
  { what: "reason", text: canaryTexts.reason, homes: ["instance", "case_skip", "reading_case", "audit_event"] },
  { what: "password", text: canaryTexts.password, homes: [] },
  { what: "wrong password", text: canaryTexts.wrong, homes: [] },
];
const { name, id, accession, birthDate, referring, clinical } = canaryTexts;

export const element = (vr: string, value: string) => ({ vr, Value: [value] });
/** A small image of the patient whose every word is a canary. */
export const canaryPatient = (wish: TinyWish = {}): Tiny =>
  tinyInstance({
    ...wish,
    elements: {
      "00080050": element("SH", accession),
      "00080090": { vr: "PN", Value: [{ Alphabetic: referring }] },
      "00081030": element("LO", clinical),
      "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
      "00100020": element("LO", id),
      "00100030": element("DA", birthDate),
      "001021B0": element("LT", clinical),
      "00104000": element("LT", clinical),
      ...wish.elements,
    },
  });
