-- What the second reader thought of the preliminary report that he went over: 1 agrees, 2 to 4 a discrepancy of growing weight, and whether
-- it mattered to the patient. For the reading group alone. Insert-only, one for each final version.
CREATE TABLE over_read (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  case_id uuid NOT NULL,
  preliminary_version_id uuid NOT NULL,
  final_version_id uuid NOT NULL UNIQUE,
  score smallint NOT NULL CHECK (score BETWEEN 1 AND 4),
  significant boolean NOT NULL CHECK (NOT significant OR score > 1),
  comment text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX over_read_discrepancy ON over_read (reader_org_id, at DESC) WHERE score > 1;
CREATE INDEX over_read_case ON over_read (case_id);
ALTER TABLE over_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE over_read FORCE ROW LEVEL SECURITY;
CREATE POLICY reader ON over_read TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_version_of(org_id, reader_org_id, preliminary_version_id)
    AND is_version_of(org_id, reader_org_id, final_version_id) AND is_staff_of(reader_org_id, by_id));
CREATE POLICY maintenance ON over_read TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON over_read TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT ON over_read TO overread_app;
GRANT SELECT ON over_read TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON over_read FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON over_read FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- A preliminary report is gone over by somebody else: whoever signed the newest does not sign the final one.
CREATE FUNCTION guard_over_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND NEW.kind = 'final' AND NEW.signed_by_id = (
    SELECT v.signed_by_id FROM public.report_version v WHERE v.case_id = NEW.case_id AND v.kind = 'preliminary' ORDER BY v.version DESC LIMIT 1) THEN
    RAISE EXCEPTION 'report_version: the preliminary report is gone over by somebody else' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_over_read BEFORE INSERT ON report_version FOR EACH ROW EXECUTE FUNCTION guard_over_read();
