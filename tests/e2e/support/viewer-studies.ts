import type { StudyKind, StudyOptions } from "#server/demo/modality-simulator/index.ts";

/** The chest CT's slices and columns, and the loop's frames. */
export const chestSlices = 24;
export const chestColumns = 512;
const loopFrames = 30;
const seed = "viewer";

/** The chest CT the viewer's tests read, or its prior two years before. */
export function chestStudy(prior: boolean): [StudyKind, StudyOptions] {
  const patient = { name: "Viewer^Vera", id: "VIEW-1", sex: "F", birthDate: "19610412" } as const;
  return ["chest-ct", { seed, patient, slices: chestSlices, prior, quick: true }];
}

/** An ultrasound loop of another patient. */
export function loopStudy(): [StudyKind, StudyOptions] {
  const patient = { name: "Viewer^Luis", id: "VIEW-2", sex: "M", birthDate: "19550101" } as const;
  return ["us-cine", { seed, patient, slices: loopFrames, matrix: 256 }];
}
