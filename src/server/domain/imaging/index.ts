export { completeStudy, settleStudies, settleStudy } from "./complete-study.ts";
export { confirmInstances } from "./confirm-instances.ts";
export {
  askSender,
  damagePolicy,
  ListDamaged,
  listDamaged,
  type ObjectCheck,
  recordCheck,
} from "./damage/index.ts";
export { firstImageMetadata, type ImageReference, imageMetadata, imagesReceivedBy } from "./evidence.ts";
export {
  ClearIdentity,
  clearIdentity,
  identityPolicy,
  listIdentityTasks,
} from "./identity/index.ts";
export type { ArrivingInstance, InstanceRecord, StoredInstance } from "./instance-record.ts";
export { type InstanceLocation, instanceMetadata, locateInstances, metadataDigest } from "./locate-instances.ts";
export { documentSource, findOwnDocument, siteDocumentSource } from "./own-documents.ts";
export {
  authorizeStudy,
  type ImagingAction,
  imagingScope,
} from "./policy.ts";
export { notePrepared } from "./prepared.ts";
export { instanceJson, rootPlaceholder, sortTags } from "./prerender.ts";
export {
  ListQuarantined,
  listQuarantined,
  openQuarantined,
  quarantinePolicy,
  ResolveQuarantined,
  resolveQuarantined,
} from "./quarantine/index.ts";
export { recordRefused } from "./record-refused.ts";
export { askForRenditions, noteRenditions } from "./renditions.ts";
export { countLimit, search } from "./search.ts";
export { isAttribute, isSearchable, type SearchLevel, safeName } from "./search-attributes.ts";

export { storeInstances } from "./store/store-instances.ts";
