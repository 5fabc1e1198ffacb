import { dictionaryByKeyword, dictionaryByTag } from "@overread/shared/dicom/dictionary";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import { levelTags } from "./prerender.ts";

export type SearchLevel = "study" | "series" | "instance";
export const searchLevels: readonly SearchLevel[] = ["study", "series", "instance"];

/** How a value is matched (PS3.4 C.2.2.2), and on which SQL expression. */
export type Matcher = {
  kind: "uid" | "text" | "code" | "name" | "nameText" | "date" | "time" | "integer" | "codes";
  sql: string;
};
export type SearchAttribute = { tag: string; level: SearchLevel; matcher: Matcher };

const at = (level: SearchLevel, kind: Matcher["kind"], sql: string): Omit<SearchAttribute, "tag"> => ({
  level,
  matcher: { kind, sql },
});

/** Attributes with a column of their own. Others are matched in the prerendered JSON. */
const columns: Record<string, Omit<SearchAttribute, "tag">> = {
  [Tag.StudyDate]: at("study", "date", "st.study_date"),
  [Tag.StudyTime]: at("study", "time", "st.study_time"),
  [Tag.AccessionNumber]: at("study", "text", "st.accession_number"),
  [Tag.ModalitiesInStudy]: at("study", "codes", "st.modalities"),
  [Tag.ReferringPhysicianName]: at("study", "nameText", "st.referring_physician_name"),
  [Tag.StudyDescription]: at("study", "text", "st.study_description"),
  [Tag.PatientName]: at("study", "name", "st.patient_name_search"),
  [Tag.PatientID]: at("study", "text", "st.patient_id"),
  [Tag.IssuerOfPatientID]: at("study", "text", "st.issuer_of_patient_id"),
  [Tag.PatientBirthDate]: at("study", "date", "st.patient_birth_date"),
  [Tag.PatientSex]: at("study", "code", "st.patient_sex"),
  [Tag.StudyInstanceUID]: at("study", "uid", "st.study_instance_uid"),
  [Tag.StudyID]: at("study", "text", "st.dicom_study_id"),
  [Tag.NumberOfStudyRelatedSeries]: at("study", "integer", "st.number_of_series"),
  [Tag.NumberOfStudyRelatedInstances]: at("study", "integer", "st.number_of_instances"),
  [Tag.Modality]: at("series", "code", "se.modality"),
  [Tag.SeriesDescription]: at("series", "text", "se.series_description"),
  [Tag.BodyPartExamined]: at("series", "code", "se.body_part_examined"),
  [Tag.SeriesInstanceUID]: at("series", "uid", "se.series_instance_uid"),
  [Tag.SeriesNumber]: at("series", "integer", "se.series_number"),
  [Tag.NumberOfSeriesRelatedInstances]: at("series", "integer", "se.number_of_instances"),
  [Tag.SOPClassUID]: at("instance", "uid", "i.sop_class_uid"),
  [Tag.SOPInstanceUID]: at("instance", "uid", "i.sop_instance_uid"),
  [Tag.AvailableTransferSyntaxUID]: at("instance", "uid", "i.transfer_syntax_uid"),
  [Tag.InstanceNumber]: at("instance", "integer", "i.instance_number"),
  [Tag.NumberOfFrames]: at("instance", "integer", "i.number_of_frames"),
  [Tag.Rows]: at("instance", "integer", "i.rows"),
  [Tag.Columns]: at("instance", "integer", "i.columns"),
};
const alias: Record<SearchLevel, string> = { study: "st", series: "se", instance: "i" };

/** The tags of a keyword, a tag, or a path through sequences (`RequestAttributesSequence.ScheduledProcedureStepID`). */
export function tagsOf(name: string): string[] {
  return name.split(".").map((part) => {
    const tag = /^[0-9A-Fa-f]{8}$/.test(part) ? part.toUpperCase() : dictionaryByKeyword(part)?.tag;
    if (!tag)
      throw new DomainError("request.invalid", { details: { attribute: safeName(name), reason: "unknown-attribute" } });
    return tag;
  });
}

/** A caller's text is echoed only when it looks like a keyword. */
export const safeName = (name: string): string => (/^[A-Za-z0-9.]{1,80}$/.test(name) ? name : "?");

/**
 * @param level of the search: keys of this level and of those above it can be matched.
 * @throws {DomainError} `request.invalid` with the attribute, when it is unknown or not of these levels
 */
export function searchAttribute(name: string, level: SearchLevel): SearchAttribute {
  const tags = tagsOf(name);
  const tag = tags[0] as string;
  const found = tags.length === 1 ? columns[tag] : undefined;
  if (found && searchLevels.indexOf(found.level) <= searchLevels.indexOf(level)) return { tag, ...found };
  const holding = searchLevels
    .slice(0, searchLevels.indexOf(level) + 1)
    .findLast((each) => levelTags[each].includes(tag));
  if (found || !holding || tags.length > 3)
    throw new DomainError("request.invalid", {
      details: { attribute: safeName(name), reason: `not-searchable-at-${level}-level` },
    });
  return { tag, level: holding, matcher: jsonMatcher(tags, `${alias[holding]}.qido_json`) };
}

/** Whether {@link searchAttribute} knows the attribute at this level. */
export function isSearchable(name: string, level: SearchLevel): boolean {
  try {
    searchAttribute(name, level);
    return true;
  } catch {
    return false;
  }
}

/** Whether this is a keyword, a tag, or a path of them. */
export function isAttribute(name: string): boolean {
  try {
    return tagsOf(name).length > 0;
  } catch {
    return false;
  }
}

/** Matches inside the prerendered JSON; `%s` stands for the value. */
function jsonMatcher(tags: string[], column: string): Matcher {
  const last = tags.at(-1) as string;
  const vr = dictionaryByTag(last)?.vr ?? "LO";
  const value = vr === "PN" ? "Alphabetic" : undefined;
  const steps = tags.map((tag) => `"${tag}".Value[*]`).join(".");
  // Only tags get into the text, and they are hex digits.
  const path = `$.${steps}${value ? `."${value}"` : ""}`;
  const sql = `(SELECT v #>> '{}' FROM jsonb_path_query(${column}::jsonb, '${path}') v LIMIT 1)`;
  const kinds: Record<string, Matcher["kind"]> = { UI: "uid", PN: "nameText", DA: "date", TM: "time", CS: "code" };
  return { kind: kinds[vr] ?? "text", sql };
}
