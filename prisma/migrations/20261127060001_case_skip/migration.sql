-- A reader leaves a case for later, for a while and with a reason: a fact of the group's, about a case that it has. One skip per
-- reader and case; another one takes the place of the one before, and the trail keeps both.
CREATE TABLE case_skip (
  case_id uuid NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 300),
  skipped_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  skipped_until timestamptz(3) NOT NULL,
  PRIMARY KEY (case_id, user_id)
);
CREATE INDEX case_skip_running ON case_skip (reader_org_id, skipped_until);
ALTER TABLE case_skip ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_skip FORCE ROW LEVEL SECURITY;
CREATE POLICY reader_write ON case_skip TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, user_id));
CREATE POLICY maintenance ON case_skip TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON case_skip TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, UPDATE ON case_skip TO overread_app;
GRANT SELECT ON case_skip TO overread_maintenance;
