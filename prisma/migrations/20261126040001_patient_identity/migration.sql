-- A patient is identified by organisation, issuer and an ID that identifies somebody. A study whose ID does not is a patient of its
-- own, named after its Study Instance UID; '*' keeps the row that used to join strangers out of every comparison.
ALTER TABLE patient ADD COLUMN unidentified_in text NOT NULL DEFAULT '';
DROP INDEX patient_org_id_issuer_patient_id_key;
CREATE UNIQUE INDEX patient_org_id_issuer_patient_id_unidentified_in_key ON patient (org_id, issuer, patient_id, unidentified_in);

-- Whether a prior is of the same person as the case's study, in what they differ, and who compares all the same.
ALTER TABLE case_prior ADD COLUMN identity text NOT NULL DEFAULT 'unknown', ADD COLUMN differ text[] NOT NULL DEFAULT '{}',
  ADD COLUMN accepted_by_id uuid, ADD COLUMN accepted_at timestamptz(3);

-- A person of the site said that two studies are of one patient (or, where both are the same study, that its images are), and why.
CREATE TABLE identity_clearance (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  study_ref uuid NOT NULL,
  other_study_ref uuid NOT NULL,
  differ text[] NOT NULL,
  reason text NOT NULL,
  cleared_by_id uuid NOT NULL,
  cleared_by_name text NOT NULL,
  cleared_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX identity_clearance_study ON identity_clearance (org_id, study_ref);
CREATE INDEX identity_clearance_other ON identity_clearance (org_id, other_study_ref);
ALTER TABLE identity_clearance ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_clearance FORCE ROW LEVEL SECURITY;
-- Only the hospital's own people clear, and only they and jobs of the hospital ask.
CREATE POLICY tenant ON identity_clearance TO overread_app USING (org_id = (SELECT app_org())) WITH CHECK (org_id = (SELECT app_org()));
CREATE POLICY maintenance ON identity_clearance TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON identity_clearance TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT ON identity_clearance TO overread_app;
GRANT SELECT, INSERT ON identity_clearance TO overread_maintenance;

-- What is there is put right (the same rule as `identifies` in src/server/domain/patient-identity.ts).
CREATE TEMP TABLE nobody ON COMMIT DROP AS
  SELECT id FROM patient WHERE upper(regexp_replace(patient_id, '[^[:alnum:]]', '', 'g')) ~ '^(0*|X+|UNKNOWN|UNK|UNKN|NONE|NA|NULL|NIL|NOID|NOPID|NOPATIENTID|ANON|ANONYMOUS|ANONYMIZED|ANONYMISED|UNIDENTIFIED|UNASSIGNED|TBD|PATIENTID|ID|TEMP)$';
INSERT INTO patient (org_id, reader_org_id, patient_id, issuer, unidentified_in)
  SELECT s.org_id, s.reader_org_id, p.patient_id, p.issuer, s.study_instance_uid
  FROM study s JOIN patient p ON p.id = s.patient_ref WHERE p.id IN (SELECT id FROM nobody);
UPDATE study s SET patient_ref = own.id FROM patient old, patient own
  WHERE old.id = s.patient_ref AND old.id IN (SELECT id FROM nobody)
    AND own.org_id = old.org_id AND own.issuer = old.issuer AND own.patient_id = old.patient_id AND own.unidentified_in = s.study_instance_uid;
UPDATE patient SET unidentified_in = '*' WHERE id IN (SELECT id FROM nobody);
DELETE FROM case_prior p USING reading_case c, study s, study earlier
  WHERE c.id = p.case_id AND s.id = c.study_ref AND earlier.id = p.study_ref AND earlier.patient_ref <> s.patient_ref;
-- Until they are compared, priors count as unknown: offered, never taken for granted.
INSERT INTO outbox_job (org_id, name, payload)
  SELECT DISTINCT c.org_id, 'case.attach-priors', jsonb_build_object('orgId', c.org_id, 'caseId', c.id)
  FROM reading_case c JOIN case_prior p ON p.case_id = c.id WHERE c.completed_at IS NULL;
