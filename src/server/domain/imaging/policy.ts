/**
 * The policy is defined one level up, because the reading module uses it too and modules do not import each other's
 * internals.
 */
export {
  authorizeStudy,
  type ImagingAction,
  imagingScope,
} from "../image-access.ts";
