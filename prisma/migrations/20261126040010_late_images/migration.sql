-- What the hospital sent is told apart from what we added, and pictures from objects without any: only pictures are read, and only
-- they say what was acquired.
ALTER TABLE study ADD COLUMN own_documents int NOT NULL DEFAULT 0, ADD COLUMN has_pictures boolean NOT NULL DEFAULT false,
  ADD COLUMN acquired_modalities text[] NOT NULL DEFAULT '{}';
UPDATE study s SET own_documents = c.own, has_pictures = c.pictures, acquired_modalities = c.modalities FROM (
    -- The same rule as `showsPicture` in src/server/domain/imaging/pictures.ts.
    SELECT i.study_ref, count(*) FILTER (WHERE i.source = 'report')::int AS own, bool_or(i.picture) AS pictures,
      coalesce(array_agg(DISTINCT r.modality) FILTER (WHERE i.picture AND r.modality <> ''), '{}') AS modalities
    FROM (SELECT *, CASE WHEN sop_class_uid ~ '^1\.2\.840\.10008\.' THEN sop_class_uid ~ '^1\.2\.840\.10008\.5\.1\.4\.1\.1\.' AND sop_class_uid !~
        '^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(4\.2|8|9|9\..*|10|11|11\..*|30|66|66\..*|67|68\..*|77\.1\.5\.3|78\..*|79\..*|80\..*|88\..*|90\..*|91\..*|104\..*|131|200\..*|481\.(?!(1|23|24)$).*)$'
        ELSE coalesce(rows, 0) > 0 END AS picture FROM instance WHERE status = 'stored') i
      JOIN series r ON r.id = i.series_ref GROUP BY i.study_ref
  ) c WHERE c.study_ref = s.id;

-- Pictures that came after somebody had begun to read, or had signed, and that nobody has said to have seen.
ALTER TABLE reading_case ADD COLUMN late_images int NOT NULL DEFAULT 0, ADD COLUMN late_since timestamptz(3);
CREATE INDEX reading_case_reader_late ON reading_case (reader_org_id) WHERE late_images > 0 AND completed_at IS NOT NULL;
CREATE INDEX reading_case_hospital_late ON reading_case (org_id) WHERE late_images > 0 AND completed_at IS NOT NULL;

-- Which signed version a referring physician has opened: a fact of its own, not a reading of the trail.
CREATE TABLE referral_reading (
  study_ref uuid NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  version int NOT NULL,
  read_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (study_ref, user_id)
);
ALTER TABLE referral_reading ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_reading FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON referral_reading TO overread_app USING (org_id = (SELECT app_org()))
  WITH CHECK (org_id = (SELECT app_org()) AND is_study_of(org_id, study_ref) AND is_staff_of(org_id, user_id));
CREATE POLICY maintenance ON referral_reading TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON referral_reading TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, UPDATE ON referral_reading TO overread_app;
GRANT SELECT ON referral_reading TO overread_maintenance;
INSERT INTO referral_reading (study_ref, user_id, org_id, version, read_at)
  SELECT a.study_ref, u.id, u.org_id, max(v.version), max(a.at)
  FROM audit_event a JOIN user_account u ON u.id::text = a.actor_id JOIN study s ON s.id = a.study_ref AND s.org_id = u.org_id
    JOIN report_version v ON v.study_ref = a.study_ref AND v.signed_at <= a.at
  WHERE a.action = 'referral.read' GROUP BY a.study_ref, u.id, u.org_id;

-- A reader says to compare with a prior (accept-prior.ts): the group writes that on the row, and nothing else of it.
CREATE POLICY reader_update ON case_prior FOR UPDATE TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND is_case_of(org_id, reader_org_id, case_id) AND is_study_of(org_id, study_ref));
CREATE FUNCTION guard_prior() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND NEW.org_id IS DISTINCT FROM public.app_org()
    AND (NEW.case_id, NEW.study_ref, NEW.org_id, NEW.reader_org_id, NEW.relevance, NEW.reasons, NEW.identity, NEW.differ)
      IS DISTINCT FROM (OLD.case_id, OLD.study_ref, OLD.org_id, OLD.reader_org_id, OLD.relevance, OLD.reasons, OLD.identity, OLD.differ) THEN
    RAISE EXCEPTION 'case_prior: the group only says that it compares' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON case_prior FOR EACH ROW EXECUTE FUNCTION guard_prior();
ALTER POLICY tenant ON identity_clearance WITH CHECK (org_id = (SELECT app_org()) AND is_study_of(org_id, study_ref)
  AND is_study_of(org_id, other_study_ref) AND is_staff_of(org_id, cleared_by_id));
