/** The room's policy stands one level up: the reading room asks the same function, and rooms do not reach into each other. */
export {
  authorizeStudy,
  type ImagingAction,
  type ImagingScope,
  imagingScope,
  type StudyAccess,
} from "../image-access.ts";
