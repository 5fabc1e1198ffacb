export { writeFirstVersion } from "./first-version.ts";
export { usualMinutes } from "./usual-minutes.ts";
export { serviceLevelsOf } from "./versions.ts";
