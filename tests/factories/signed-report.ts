import { createHash } from "node:crypto";
import { uidFromName } from "@overread/shared/dicom/derived-uid";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import type { PersonNameGroups } from "@overread/shared/dicom/person-name";
import { SOP } from "@overread/shared/dicom/sop-classes";
import type { InstanceReference } from "#server/documents/instance-reference.ts";
import type { DocumentUids, SignedReport } from "#server/documents/signed-report.ts";

/** A patient and study module such as images carry, for documents that have to agree with them. */
export function identityOf(patient: SignedReport["patient"], study: SignedReport["study"], studyId = "S1"): DicomJson {
  const name = (groups: PersonNameGroups) => ({
    ...(groups.alphabetic ? { Alphabetic: groups.alphabetic } : {}),
    ...(groups.ideographic ? { Ideographic: groups.ideographic } : {}),
    ...(groups.phonetic ? { Phonetic: groups.phonetic } : {}),
  });
  const text = (vr: string, value: string) => (value === "" ? { vr } : { vr, Value: [value] });
  return {
    "00080020": text("DA", study.date),
    "00080030": text("TM", study.time),
    "00080050": text("SH", study.accessionNumber),
    "00080090": { vr: "PN", Value: [name(study.referringPhysician)] },
    "00081030": text("LO", study.description),
    "00100010": { vr: "PN", Value: [name(patient.name)] },
    "00100020": text("LO", patient.id),
    "00100030": text("DA", patient.birthDate),
    "00100040": text("CS", patient.sex),
    "0020000D": text("UI", study.studyInstanceUid),
    "00200010": text("SH", studyId),
  };
}

export function uidsOf(seed: string, keyImages = false): DocumentUids {
  const pair = (kind: string) => ({
    seriesInstanceUid: uidFromName("test-series", seed, kind),
    sopInstanceUid: uidFromName("test-instance", seed, kind),
  });
  return { pdf: pair("pdf"), sr: pair("sr"), kos: keyImages ? pair("kos") : null };
}

const evidenceOf = (studyInstanceUid: string): InstanceReference[] =>
  [1, 2, 3].map((n) => ({
    seriesInstanceUid: uidFromName("test-image-series", studyInstanceUid),
    sopInstanceUid: uidFromName("test-image", studyInstanceUid, String(n)),
    sopClassUid: SOP.ct,
  }));

type Overrides = Partial<Omit<SignedReport, "patient" | "study">> & {
  patient?: Partial<SignedReport["patient"]>;
  study?: Partial<SignedReport["study"]>;
};

/** A signed chest CT report; whatever a test is about is overridden. */
export function signedReport({ patient: p, study: s, ...rest }: Overrides = {}): SignedReport {
  const patient: SignedReport["patient"] = {
    name: { alphabetic: "Berg^Ingrid" },
    id: "LS-104233",
    issuer: "",
    birthDate: "19680412",
    sex: "F",
    ...p,
  };
  const study: SignedReport["study"] = {
    studyInstanceUid: uidFromName("test-study", "chest"),
    date: "20261120",
    time: "214503",
    accessionNumber: "A2026-5512",
    description: "CT chest without contrast",
    modalities: ["CT"],
    referringPhysician: { alphabetic: "Almeida^Rosa" },
    ...s,
  };
  const signature = {
    name: "Dr Nora Lindqvist",
    personName: "Lindqvist^Nora^^Dr",
    qualification: "MD, FRCR",
    at: new Date("2026-11-20T22:31:07.000Z"),
  };
  const evidence = evidenceOf(study.studyInstanceUid);
  return {
    version: 1,
    kind: "final",
    language: "en",
    sha256: createHash("sha256").update("canonical text").digest("hex"),
    signature,
    coReaders: [],
    readingGroup: {
      name: "Nightshift Radiology",
      letterhead: ["12 Harbour Street, Aberdeen AB11 5DQ", "+44 1224 555 010 · reports@nightshift.example"],
    },
    hospital: { name: "Lakeside Hospital" },
    facility: { name: "Lakeside Main", timeZone: "Europe/London" },
    identity: identityOf(patient, study),
    patient,
    study,
    sections: [
      {
        key: "clinicalInformation",
        title: "Clinical information",
        text: "58-year-old woman with three weeks of cough and a shadow on the chest radiograph of 14 Nov 2026.",
      },
      {
        key: "technique",
        title: "Technique",
        text: "Helical CT of the chest from the apices to the adrenals, 1 mm, without intravenous contrast. CTDIvol 4.1 mGy, DLP 148 mGy·cm.",
      },
      { key: "comparison", title: "Comparison", text: "CT chest of 2 March 2024." },
      {
        key: "findings",
        title: "Findings",
        text: "Lungs: solid nodule in the right upper lobe, 8 × 7 mm (previously 4 mm), smooth margin, no calcification. A second nodule of ≤ 3 mm in the lingula is unchanged.\nAirways: central airways patent.\nPleura: no effusion, no pneumothorax.\nMediastinum and hila: no enlarged lymph node; short axis < 10 mm throughout.\nHeart: normal size, no pericardial effusion. Mild coronary calcification.\nUpper abdomen: small simple cyst in the left kidney, 14 mm, −2 HU.\nBones: no suspicious lesion.",
      },
      {
        key: "impression",
        title: "Impression",
        text: "1. Growing solid nodule in the right upper lobe, 8 mm. PET-CT or tissue sampling is advised.\n2. No lymphadenopathy, no effusion.",
      },
    ],
    reportSignature: signature,
    addenda: [],
    comparisons: [
      {
        studyInstanceUid: uidFromName("test-study", "earlier"),
        date: "20240302",
        description: "CT chest",
        modalities: ["CT"],
        evidence: evidenceOf(uidFromName("test-study", "earlier")),
      },
    ],
    keyImages: [],
    evidence,
    markup: { measurements: [], presentations: [], images: [] },
    others: [],
    uids: uidsOf(study.studyInstanceUid, (rest.keyImages?.length ?? 0) > 0),
    predecessor: null,
    ...rest,
  };
}
