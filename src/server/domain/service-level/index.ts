export { writeFirstVersion } from "./first-version.ts";
export { serviceLevelPolicy } from "./policy.ts";
export { SavePriorTerms, savePriorTerms } from "./prior-terms.ts";
export {
  listServiceLevels,
  SaveServiceLevel,
  saveServiceLevel,
  TryServiceLevel,
  tryServiceLevel,
} from "./service-levels.ts";
export { usualMinutes } from "./usual-minutes.ts";
export { serviceLevelsOf } from "./versions.ts";
