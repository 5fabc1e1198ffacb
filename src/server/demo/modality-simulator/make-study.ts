import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { nativeSyntaxes } from "@overread/shared/dicom/write";
import { mrFiles, mrSlices } from "./brain-mr.ts";
import { chestFieldMm, chestLengthMm, chestModel, chestSlice } from "./chest-ct.ts";
import { xrFiles, xrViews } from "./chest-xr.ts";
import { type CtSeries, ctFiles } from "./ct-series.ts";
import { headFieldMm, headLengthMm, headModel, headSlice } from "./head-ct.ts";
import { simulatedUid, studyDescriptions } from "./instance.ts";
import { mgFiles, mgViews } from "./mammogram.ts";
import type { Plan, SimulatedFile, SimulatedStudy, StudyKind, StudyOptions } from "./study.ts";
import { usFiles } from "./us-cine.ts";

type Recipe = { instanceCount: (plan: Plan) => number; files: (plan: Plan) => Generator<SimulatedFile> };

const recipes: Record<StudyKind, Recipe> = {
  "chest-ct": {
    instanceCount: ({ slices = 40 }) => slices,
    files: (plan) => ctFiles(plan, chestSeries(plan)),
  },
  "head-ct": {
    instanceCount: ({ slices = 28 }) => slices,
    files: (plan) => ctFiles(plan, headSeries(plan)),
  },
  "brain-mr": { instanceCount: (plan) => 2 * mrSlices(plan), files: mrFiles },
  "chest-xr": { instanceCount: () => xrViews.length, files: xrFiles },
  "us-cine": { instanceCount: () => 1, files: usFiles },
  mammogram: { instanceCount: () => mgViews.length, files: mgFiles },
};

/**
 * Makes a study: believable images of one patient, with correct geometry and units (Node only).
 *
 * Deterministic: the same seed and options give the same bytes and the same UIDs.
 *
 * @throws {RangeError} for a number of slices, matrix or transfer syntax it cannot make.
 */
export function makeStudy(kind: StudyKind, options: StudyOptions = {}): SimulatedStudy {
  const seed = options.seed ?? "1";
  const plan: Plan = {
    kind,
    seed,
    patient: options.patient ?? { name: "Simulated^Patient", id: `SIM-${seed}`, sex: "O", birthDate: "19610412" },
    accessionNumber: options.accessionNumber ?? `A${seed}${options.prior ? "P" : ""}`.slice(0, 16),
    referringPhysicianName: options.referringPhysicianName ?? "Almeida^Rosa",
    institutionName: options.institutionName ?? "Simulated Hospital",
    studyDate: options.studyDate ?? new Date(Date.UTC(options.prior ? 2024 : 2026, 2, 14, 9, 30)),
    prior: options.prior ?? false,
    specificCharacterSet: options.specificCharacterSet ?? "ISO_IR 192",
    transferSyntaxUid: options.transferSyntaxUid ?? TS.explicitLittleEndian,
    quick: options.quick ?? false,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.slices === undefined ? {} : { slices: options.slices }),
    ...(options.matrix === undefined ? {} : { matrix: options.matrix }),
  };
  checkPlan(plan);
  const recipe = recipes[kind];
  return {
    kind,
    studyInstanceUid: simulatedUid(plan, "study"),
    patient: plan.patient,
    accessionNumber: plan.accessionNumber,
    description: studyDescriptions[kind],
    priority: plan.priority ?? null,
    isPrior: plan.prior,
    instanceCount: recipe.instanceCount(plan),
    files: () => recipe.files(plan),
  };
}

function checkPlan({ slices = 1, matrix = 64, transferSyntaxUid }: Plan): void {
  if (!Number.isInteger(slices) || slices < 1 || slices > 4095) throw new RangeError("slices: 1 to 4095");
  if (!Number.isInteger(matrix) || matrix < 32 || matrix > 4096) throw new RangeError("matrix: 32 to 4096");
  if (![...nativeSyntaxes, TS.rleLossless].some((uid) => uid === transferSyntaxUid)) {
    throw new RangeError("transfer syntax: a native one or RLE Lossless");
  }
}

function chestSeries(plan: Plan): CtSeries {
  const model = chestModel(plan.patient.id, plan.prior);
  const matrix = plan.matrix ?? 512;
  return {
    seriesNumber: 2,
    description: "Thorax 40 s CE",
    bodyPart: "CHEST",
    anatomy: ["51185008", "SCT", "Chest"],
    fieldMm: chestFieldMm,
    lengthMm: chestLengthMm,
    maxSpacingMm: 7,
    kernel: "STANDARD",
    kvp: 120,
    window: [
      [40, -600],
      [400, 1500],
      ["MEDIASTINUM", "LUNG"],
    ],
    contrast: true,
    noise: { amount: 14, grain: 1 },
    topZ: 1240.5,
    slices: plan.slices ?? 40,
    matrix,
    draw: (mm) => chestSlice(model, mm, matrix),
  };
}

function headSeries(plan: Plan): CtSeries {
  // Only a head that was sent as urgent has bled.
  const urgent = plan.priority === "STAT" || plan.priority === "HIGH";
  const bleed = urgent && !plan.prior ? 1 : 0;
  const model = headModel(plan.patient.id, bleed);
  const matrix = plan.matrix ?? 512;
  return {
    seriesNumber: 2,
    description: "Head axial",
    bodyPart: "HEAD",
    anatomy: ["69536005", "SCT", "Head"],
    fieldMm: headFieldMm,
    lengthMm: headLengthMm,
    maxSpacingMm: 5,
    kernel: "SOFT",
    kvp: 120,
    window: [
      [40, 600],
      [80, 2800],
      ["BRAIN", "BONE"],
    ],
    contrast: false,
    noise: { amount: 3.2, grain: 1 },
    topZ: 70,
    slices: plan.slices ?? 28,
    matrix,
    draw: (mm) => headSlice(model, mm, matrix),
  };
}
