/** The relation of the caller's organisation to a row: owner, reading group, contract partner, none. */
export type Side = "owner" | "reader" | "partner";

type Line = { insert: Side[]; update: Side[]; delete: Side[]; of?: "group" };
const nobody: Line = { insert: [], update: [], delete: [] };
const ofHospital: Line = { insert: ["owner"], update: ["owner"], delete: [] };
/** Rows that are a reading group's own: no hospital has any. */
const ofGroup = { insert: ["owner"], update: ["owner"], delete: [], of: "group" } satisfies Line;
const onceOfGroup = { ...ofGroup, update: [] } satisfies Line;

/**
 * The matrix of writes: every table of the database has its line, or the test fails. The database refuses whatever is
 * not listed.
 */
export const tables: Record<string, Line> = {
  organization: nobody,
  contract: nobody,
  facility: { ...nobody, update: ["owner"] },
  user_account: ofHospital,
  credential: ofHospital,
  session: { ...nobody, update: ["owner"] },
  api_token: { ...nobody, update: ["owner"] },
  edge_router: { ...nobody, update: ["owner"] },
  enrollment_code: ofHospital,
  edge_nonce: nobody,
  sign_in_attempt: nobody,
  audit_event: nobody,
  audit_head: nobody,
  // Only for oneself as the one who reads; of whose data, is for the contract to say (audit-reads.test.ts).
  audit_read: { ...nobody, insert: ["owner", "reader", "partner"] },
  outbox_job: { ...nobody, insert: ["owner", "reader", "partner"] },
  patient: ofHospital,
  study: ofHospital,
  series: ofHospital,
  instance: ofHospital,
  imaging_order: ofHospital,
  order_match: ofHospital,
  reading_case: { insert: ["owner"], update: ["owner", "reader"], delete: [] },
  case_prior: { insert: ["owner"], update: ["owner", "reader"], delete: ["owner"] },
  report_draft: { insert: ["reader"], update: ["reader"], delete: [] },
  draft_handover: { ...nobody, insert: ["reader"] },
  over_read: { ...nobody, insert: ["reader"] },
  // A question, as here, is the group's; the hospital writes answers (reading-questions.test.ts).
  case_message: { ...nobody, insert: ["reader"] },
  // Of the future alone, and for good; a stop is ended once.
  service_level: { ...nobody, insert: ["owner"] },
  case_clock_stop: { insert: ["owner", "reader"], update: ["owner", "reader"], delete: [] },
  case_skip: { insert: ["reader"], update: ["reader"], delete: [] },
  assignment_rule_set: { ...nobody, insert: ["owner"] },
  report_version: { ...nobody, insert: ["reader"] },
  report_document: { ...nobody, insert: ["owner"] },
  destination: ofHospital,
  delivery: ofHospital,
  identity_clearance: { ...nobody, insert: ["owner"] },
  invitation: ofHospital,
  second_factor: nobody,
  refused_object: { ...nobody, insert: ["owner"], delete: ["owner"] },
  // Which image is damaged is for maintenance to say; that the sender was asked, for the hospital's own edge.
  damaged_object: { ...nobody, update: ["owner"] },
  notice: ofHospital,
  notice_mail: { insert: ["owner"], update: ["owner"], delete: ["owner"] },
  notice_webhook: { insert: ["owner"], update: ["owner"], delete: ["owner"] },
  notice_delivery: ofHospital,
  escalation_ladder: ofHospital,
  // A step that wakes the pool, as here, is the group's; one that wakes the site the hospital's (escalation.test.ts).
  escalation_step: { insert: ["reader"], update: ["reader"], delete: [] },
  escalation_watch: { insert: ["reader"], update: ["reader"], delete: [] },
  referral_reading: { insert: ["owner"], update: ["owner"], delete: [] },
  reader_settings: ofGroup,
  reader_profile: ofGroup,
  reader_licence: ofGroup,
  licence_check: onceOfGroup,
  facility_privilege: ofGroup,
  reader_shift: ofGroup,
  shift_swap: ofGroup,
  shift_change: ofGroup,
  reader_group: ofGroup,
  work_unit_table: onceOfGroup,
  credential_reminder: onceOfGroup,
};

/** Columns that point at another row, which must be of the same hospital, or of the same organisation. */
export const pointers: Record<string, string[]> = {
  facility: ["default_referrer_id"],
  credential: ["user_id"],
  enrollment_code: ["facility_id"],
  study: ["patient_ref", "facility_id", "referrer_id"],
  series: ["study_ref"],
  instance: ["study_ref", "series_ref"],
  imaging_order: ["facility_id", "created_by_id"],
  order_match: ["order_id", "study_ref", "by_id"],
  reading_case: ["study_ref"],
  case_prior: ["case_id", "study_ref"],
  report_draft: ["case_id", "author_id"],
  draft_handover: ["case_id", "author_id", "by_id"],
  over_read: ["case_id", "preliminary_version_id", "final_version_id", "by_id"],
  case_skip: ["case_id", "user_id"],
  case_message: ["case_id", "by_id"],
  assignment_rule_set: ["saved_by_id"],
  case_clock_stop: ["case_id"],
  service_level: ["contract_id", "created_by_id"],
  report_version: ["case_id", "study_ref", "signed_by_id"],
  report_document: ["report_version_id"],
  destination: ["facility_id"],
  delivery: ["facility_id", "destination_id", "subject_id", "study_ref", "case_id"],
  identity_clearance: ["study_ref", "other_study_ref", "cleared_by_id"],
  invitation: ["user_id", "invited_by"],
  refused_object: ["edge_id"],
  referral_reading: ["study_ref", "user_id"],
  reader_settings: ["updated_by_id"],
  reader_profile: ["user_id", "updated_by_id"],
  reader_licence: ["user_id", "created_by_id"],
  licence_check: ["licence_id", "by_id"],
  facility_privilege: ["user_id", "facility_id", "granted_by_id"],
  reader_shift: ["user_id", "created_by_id"],
  shift_swap: ["from_user_id", "to_user_id"],
  shift_change: ["user_id", "swap_id", "by_id"],
  reader_group: ["reader_ids"],
  work_unit_table: ["by_id"],
  credential_reminder: ["user_id"],
  notice_mail: ["user_id"],
  notice_webhook: ["saved_by_id"],
  notice_delivery: ["user_id", "case_id"],
  notice: ["user_id", "case_id", "acknowledged_by_id"],
  escalation_ladder: ["saved_by_id"],
  escalation_step: ["case_id", "acknowledged_by_id"],
  escalation_watch: ["case_id"],
};
