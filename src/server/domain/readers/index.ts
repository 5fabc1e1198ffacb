export { type EndedShift, endedShifts, groupsWithShifts } from "./ended-shifts.ts";
export { enforceCredentials } from "./enforce-credentials.ts";
export { furnishReader, furnishReaders } from "./furnish-reader.ts";
export { getReader, ownReader } from "./get-reader.ts";
export { grantPrivilege } from "./grant-privilege.ts";
export { removeGroup, saveGroup } from "./groups.ts";
export {
  AddLicence,
  AddShift,
  AddShiftChange,
  AnswerSwap,
  AskSwap,
  CheckLicence,
  EnforceCredentials,
  GrantPrivilege,
  ImportWorkUnits,
  OfGroup,
  OfLicence,
  OfReader,
  OfShift,
  OfShiftChange,
  OfSwap,
  SaveGroup,
  SaveProfile,
} from "./inputs.ts";
export { noJurisdiction } from "./jurisdiction.ts";
export {
  licenceForDocument,
  openLicenceDocument,
  recordLicenceDocument,
} from "./licence-documents.ts";
export { addLicence, checkLicence, removeLicence } from "./licences.ts";
export { listReaders } from "./list-readers.ts";
export { readerPolicy } from "./policy.ts";
export { facilityFacts, nextReaderChange, readerFacts, readerGroups } from "./reader-facts.ts";
export { groupsWithEnds, remindOfEnds } from "./reminders.ts";
export { saveProfile } from "./save-profile.ts";
export { addShift, addShiftChange, removeShift, removeShiftChange } from "./shifts.ts";
export { answerSwap, askSwap, withdrawSwap } from "./swaps.ts";
export { usualWorkUnits, workUnitTable } from "./work-unit-table.ts";
export { exportWorkUnits, importWorkUnits } from "./work-units.ts";
