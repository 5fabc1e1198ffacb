-- Everything that leaves the portal: where to (destination), and what of it is owed there (delivery), by kind. Until now a delivery was one
-- object on its way to one facility's PACS, and the PACS three columns of the facility.

-- A kind's name is checked by who reads it, not by an enum: a new kind is code alone, and an older release leaves its rows alone.
CREATE TABLE destination (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  facility_id uuid,
  kind text NOT NULL,
  name text NOT NULL,
  settings jsonb,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT destination_in_use_is_known CHECK (settings IS NOT NULL OR NOT enabled)
);
CREATE UNIQUE INDEX destination_org_id_facility_id_kind_name_key ON destination (org_id, facility_id, kind, name) NULLS NOT DISTINCT;
CREATE INDEX destination_facility_id_idx ON destination (facility_id);

-- Each facility's PACS, and a forgotten one wherever something was owed to a PACS that is not named any more.
INSERT INTO destination (org_id, facility_id, kind, name, settings, enabled)
SELECT f.org_id, f.id, 'dicom', 'pacs',
  CASE WHEN p.named THEN jsonb_build_object('aeTitle', f.local_pacs_ae_title, 'host', f.local_pacs_host, 'port', f.local_pacs_port) END, p.named
FROM facility f CROSS JOIN LATERAL (
  SELECT coalesce(f.local_pacs_ae_title <> '' AND f.local_pacs_host <> '' AND f.local_pacs_port IS NOT NULL, false) AS named) p
WHERE p.named OR EXISTS (SELECT 1 FROM delivery d WHERE d.facility_id = f.id);

-- Rows keep their id: edge routers know them by it, and answer for what they took before.
DROP POLICY hospital_insert ON delivery;
DROP POLICY hospital_update ON delivery;
ALTER TABLE delivery
  ALTER COLUMN facility_id DROP NOT NULL,
  ADD COLUMN kind text NOT NULL DEFAULT 'dicom',
  ADD COLUMN destination_id uuid,
  ADD COLUMN subject_type text NOT NULL DEFAULT 'instance',
  ADD COLUMN notice text,
  ADD COLUMN study_ref uuid,
  ADD COLUMN case_id uuid,
  ADD COLUMN last_failure_params jsonb NOT NULL DEFAULT '{}';
ALTER TABLE delivery RENAME COLUMN instance_id TO subject_id;
ALTER TABLE delivery RENAME COLUMN last_reason TO last_failure;
ALTER TABLE delivery RENAME COLUMN leased_until TO next_attempt_at;
UPDATE delivery d SET
  destination_id = (SELECT t.id FROM destination t WHERE t.facility_id = d.facility_id AND t.kind = 'dicom' AND t.name = 'pacs'),
  next_attempt_at = coalesce(d.next_attempt_at, d.created_at),
  last_failure = CASE WHEN d.last_failure ~ '^status-[0-9a-f]{4}$' THEN 'dimse-status' WHEN d.last_failure ~ '^retrieve-http-[0-9]{3}$' THEN 'retrieve-http'
    ELSE d.last_failure END,
  last_failure_params = CASE WHEN d.last_failure ~ '^status-[0-9a-f]{4}$' THEN jsonb_build_object('status', substr(d.last_failure, 8))
    WHEN d.last_failure ~ '^retrieve-http-[0-9]{3}$' THEN jsonb_build_object('status', substr(d.last_failure, 15)) ELSE '{}' END,
  (study_ref, case_id) = (SELECT v.study_ref, v.case_id FROM report_version v WHERE v.id = d.report_version_id);
ALTER TABLE delivery
  DROP COLUMN report_version_id,
  ALTER COLUMN kind DROP DEFAULT,
  ALTER COLUMN subject_type DROP DEFAULT,
  ALTER COLUMN destination_id SET NOT NULL,
  ALTER COLUMN next_attempt_at SET DEFAULT now(),
  ALTER COLUMN next_attempt_at SET NOT NULL,
  ADD CONSTRAINT delivery_notice_is_named CHECK ((subject_type = 'notice') = (notice IS NOT NULL));
DROP INDEX delivery_facility_id_instance_id_key;
-- Nothing goes to one destination twice.
CREATE UNIQUE INDEX delivery_destination_id_subject_type_subject_id_key ON delivery (destination_id, subject_type, subject_id);
CREATE INDEX delivery_study_ref_idx ON delivery (study_ref);
ALTER TABLE facility DROP COLUMN local_pacs_ae_title, DROP COLUMN local_pacs_host, DROP COLUMN local_pacs_port;

-- What a row points at is of the same hospital (20261126020001_write_walls).
CREATE FUNCTION is_destination_of(p_org uuid, p_facility uuid, p_kind text, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.destination t
    WHERE t.id = p_id AND t.org_id = p_org AND t.facility_id IS NOT DISTINCT FROM p_facility AND t.kind = p_kind); END $$;
CREATE FUNCTION is_subject_of(p_org uuid, p_type text, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN CASE p_type
    WHEN 'instance' THEN EXISTS (SELECT 1 FROM public.instance i WHERE i.id = p_id AND i.org_id = p_org)
    WHEN 'report-version' THEN EXISTS (SELECT 1 FROM public.report_version v WHERE v.id = p_id AND v.org_id = p_org)
    -- A notice is no row; what it is about is.
    ELSE p_type = 'notice' END; END $$;
DO $$
DECLARE
  me text := '(SELECT app_org())';
  own text := format('org_id = %s AND (reader_org_id IS NULL OR reader_org_id IN (SELECT c.reader_org_id FROM public.contract c WHERE c.org_id = %s))
    AND is_destination_of(org_id, facility_id, kind, destination_id) AND is_subject_of(org_id, subject_type, subject_id)
    AND (study_ref IS NULL OR is_study_of(org_id, study_ref)) AND (case_id IS NULL OR is_case_of(org_id, reader_org_id, case_id))', me, me);
BEGIN
  EXECUTE format('CREATE POLICY hospital_insert ON delivery FOR INSERT TO overread_app WITH CHECK (%s)', own);
  EXECUTE format('CREATE POLICY hospital_update ON delivery FOR UPDATE TO overread_app USING (org_id = %s) WITH CHECK (%s)', me, own);
END $$;
-- What is sent, and where to, is written once.
REVOKE UPDATE ON delivery FROM overread_app;
GRANT UPDATE (state, attempts, next_attempt_at, last_failure, last_failure_params, delivered_at) ON delivery TO overread_app;

ALTER TABLE destination ENABLE ROW LEVEL SECURITY;
ALTER TABLE destination FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON destination TO overread_app USING (org_id = (SELECT app_org()))
  WITH CHECK (org_id = (SELECT app_org()) AND is_facility_of(org_id, facility_id));
-- Who reads for a hospital is told whether there is a PACS, and an edge router that enrols which: an address, as the facility's row had it.
-- Other kinds may hold secrets, and are the organisation's alone.
CREATE POLICY partner ON destination FOR SELECT TO overread_app USING (kind = 'dicom' AND contract_partner(org_id));
CREATE POLICY auth ON destination FOR SELECT TO overread_auth USING (kind = 'dicom');
CREATE POLICY maintenance ON destination TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON destination TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, UPDATE (settings, enabled, updated_at) ON destination TO overread_app;
GRANT SELECT ON destination TO overread_auth;
GRANT SELECT, INSERT, UPDATE ON destination TO overread_maintenance;
