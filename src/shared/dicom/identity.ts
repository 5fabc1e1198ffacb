import { DomainError } from "../errors.ts";
import { type DicomJson, stringOf } from "./dicom-json.ts";
import { Tag } from "./tags.ts";
import { type DicomUid, parseUid } from "./uids.ts";

/** The four UIDs that name an object (PS3.3 C.12.1, C.7.2.1, C.7.3.1). */
export type InstanceUids = {
  sopClassUid: DicomUid;
  sopInstanceUid: DicomUid;
  studyInstanceUid: DicomUid;
  seriesInstanceUid: DicomUid;
};

/** Where they stand. */
export const identityTags: Readonly<Record<keyof InstanceUids, string>> = {
  sopClassUid: Tag.SOPClassUID,
  sopInstanceUid: Tag.SOPInstanceUID,
  studyInstanceUid: Tag.StudyInstanceUID,
  seriesInstanceUid: Tag.SeriesInstanceUID,
};

/** @throws {DomainError} `dicom.missing-attribute` (also of an empty one), `dicom.invalid-uid` */
export function identityOf(dataset: DicomJson): InstanceUids {
  const uid = (tag: string): DicomUid => {
    const value = stringOf(dataset, tag);
    if (value === undefined) throw new DomainError("dicom.missing-attribute", { details: { tag } });
    return parseUid(value);
  };
  return {
    sopClassUid: uid(identityTags.sopClassUid),
    sopInstanceUid: uid(identityTags.sopInstanceUid),
    studyInstanceUid: uid(identityTags.studyInstanceUid),
    seriesInstanceUid: uid(identityTags.seriesInstanceUid),
  };
}
