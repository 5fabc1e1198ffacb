import { SOP } from "./sop-classes.ts";

/**
 * Services of the standard that are not storage. The list says what we are not, so that storage classes
 * of the future, and private ones, are taken without a new release.
 *
 * An entry that ends in a dot stands for everything below it.
 * @see DICOM PS3.6 Annex A, PS3.4 Annexes C, F, H, J, K, P, Q, R, U, X, BB, CC, HH, II, JJ
 */
const otherServices = [
  "1.2.840.10008.1.3.", // media directory
  "1.2.840.10008.1.9",
  "1.2.840.10008.1.20.", // storage commitment
  "1.2.840.10008.1.40",
  "1.2.840.10008.1.42", // event logging, substance administration
  "1.2.840.10008.3.1.", // patient, visit, study and results management, MPPS
  "1.2.840.10008.4.2",
  "1.2.840.10008.5.1.1.", // print
  "1.2.840.10008.5.1.4.1.2.", // query/retrieve
  "1.2.840.10008.5.1.4.1.1.200.4",
  "1.2.840.10008.5.1.4.1.1.200.5",
  "1.2.840.10008.5.1.4.1.1.200.6", // protocol query/retrieve
  "1.2.840.10008.5.1.4.1.1.201.2",
  "1.2.840.10008.5.1.4.1.1.201.3",
  "1.2.840.10008.5.1.4.1.1.201.4",
  "1.2.840.10008.5.1.4.1.1.201.5",
  "1.2.840.10008.5.1.4.1.1.201.6", // inventory query, retrieve, creation
  "1.2.840.10008.5.1.4.31", // modality worklist
  "1.2.840.10008.5.1.4.32",
  "1.2.840.10008.5.1.4.32.", // general purpose worklist
  "1.2.840.10008.5.1.4.33", // instance availability
  "1.2.840.10008.5.1.4.34.4.",
  "1.2.840.10008.5.1.4.34.5.",
  "1.2.840.10008.5.1.4.34.6.", // unified procedure step
  "1.2.840.10008.5.1.4.34.8",
  "1.2.840.10008.5.1.4.34.9", // machine verification
  "1.2.840.10008.5.1.4.37.", // relevant patient information
  "1.2.840.10008.5.1.4.38.2",
  "1.2.840.10008.5.1.4.38.3",
  "1.2.840.10008.5.1.4.38.4", // hanging protocol query/retrieve
  "1.2.840.10008.5.1.4.39.2",
  "1.2.840.10008.5.1.4.39.3",
  "1.2.840.10008.5.1.4.39.4", // colour palette query/retrieve
  "1.2.840.10008.5.1.4.41",
  "1.2.840.10008.5.1.4.42", // product and substance query
  ...["43", "44", "45"].flatMap((group) => ["2", "3", "4"].map((leaf) => `1.2.840.10008.5.1.4.${group}.${leaf}`)),
  "1.2.840.10008.10.", // real-time video
];

/** Storage of objects that belong to no patient and no study (PS3.4 Annex GG): an archive of studies has no place for them. */
const nonPatientObjects: readonly string[] = [
  "1.2.840.10008.5.1.4.38.1", // hanging protocol
  "1.2.840.10008.5.1.4.39.1", // colour palette
  "1.2.840.10008.5.1.4.43.1",
  "1.2.840.10008.5.1.4.44.1",
  "1.2.840.10008.5.1.4.45.1", // implant templates, assemblies, groups
  "1.2.840.10008.5.1.4.1.1.200.1",
  "1.2.840.10008.5.1.4.1.1.200.3",
  "1.2.840.10008.5.1.4.1.1.200.7", // defined procedure protocols, protocol approval
  "1.2.840.10008.5.1.4.1.1.201.1", // inventory
];

/** Whether an abstract syntax can be a storage SOP class: everything that no other service claims and that belongs to a study. */
export function isStorageClass(uid: string): boolean {
  if (uid === SOP.verification || uid === "" || nonPatientObjects.includes(uid)) return false;
  return !otherServices.some((other) => (other.endsWith(".") ? uid.startsWith(other) : uid === other));
}
