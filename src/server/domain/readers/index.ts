export { noJurisdiction } from "./jurisdiction.ts";
export { facilityFacts, nextReaderChange, readerFacts, readerGroups } from "./reader-facts.ts";
export { workUnitTable } from "./work-unit-table.ts";
