-- What each reader has drawn on the images of a case, and how he looked at them, kept while he reads: shared/measurements/markup.ts.
CREATE TABLE case_markup (
  case_id uuid NOT NULL,
  author_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  version int NOT NULL DEFAULT 1,
  document jsonb NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (case_id, author_id)
);
ALTER TABLE case_markup ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_markup FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON case_markup TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON case_markup TO overread_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON case_markup TO overread_maintenance;
-- Like the words of a draft: for the reading group alone, about a case that it has.
CREATE POLICY reader_write ON case_markup TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, author_id));
GRANT SELECT, INSERT, UPDATE ON case_markup TO overread_app;
