-- A reader hands a case on, to a colleague or to whoever is free, with what he would tell him at the desk. For the reading group alone.
CREATE TABLE case_handover (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  case_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  from_id uuid NOT NULL,
  -- Null: to whoever is free.
  to_id uuid CHECK (to_id <> from_id),
  note text NOT NULL CHECK (length(note) BETWEEN 3 AND 1000),
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  taken_back_at timestamptz(3)
);
CREATE INDEX case_handover_case ON case_handover (case_id, at DESC);
ALTER TABLE case_handover ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_handover FORCE ROW LEVEL SECURITY;
CREATE POLICY reader ON case_handover TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, from_id) AND (to_id IS NULL OR is_staff_of(reader_org_id, to_id)));
CREATE POLICY maintenance ON case_handover TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON case_handover TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, UPDATE (taken_back_at) ON case_handover TO overread_app;
GRANT SELECT ON case_handover TO overread_maintenance;
