/** Simulated studies, as imported by other modules (Node only). */
export { readBurnedInNumber } from "./burned-in-number.ts";
export { demoStudies } from "./demo.ts";
export { makeStudy } from "./make-study.ts";
export {
  type SimulatedFile,
  type SimulatedStudy,
  type StudyKind,
  type StudyOptions,
  studyKinds,
} from "./study.ts";
