/** A study's row, locked. */
export type StudyRow = {
  id: string;
  study_instance_uid: string;
  patient_ref: string;
  facility_id: string | null;
  reader_org_id: string | null;
  referrer_id: string | null;
  purpose: "read" | "prior";
  completed_at: Date | null;
  modalities: string[];
  body_parts: string[];
  number_of_series: number;
  number_of_instances: number;
  quarantined_instances: number;
  has_pictures: boolean;
  acquired_modalities: string[];
  qido_json: string;
};
export type SeriesRow = {
  id: string;
  study_ref: string;
  series_instance_uid: string;
  number_of_instances: number;
  qido_json: string;
};
/** What is stored under a SOP Instance UID. */
export type VersionRow = {
  id: string;
  sop_instance_uid: string;
  data_set_sha256: string;
  transfer_syntax_uid: string;
  status: string;
  series_ref: string;
};
