-- Whose case it is before anybody has claimed it: offered to one reader until a time, or assigned to one. Columns of the case, so that it has one
-- hand at most, and so that a claim and an assignment that happen together meet on one row, which decides.
ALTER TABLE reading_case
  ADD COLUMN given_to_id uuid,
  ADD COLUMN given_as text,
  ADD COLUMN given_at timestamptz(3),
  ADD COLUMN given_until timestamptz(3),
  ADD COLUMN given_rule_id text,
  ADD COLUMN given_by_id uuid,
  ADD COLUMN given_wishes jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN drawn_rule_id text,
  ADD COLUMN claim_rule_id text,
  ADD CONSTRAINT given_whole CHECK ((given_to_id IS NULL) = (given_as IS NULL) AND (given_to_id IS NULL) = (given_at IS NULL)
    AND (given_as IS NULL OR given_as IN ('offer', 'assignment')) AND (given_until IS NOT NULL) = (given_as IS NOT DISTINCT FROM 'offer'));
CREATE INDEX reading_case_given ON reading_case (reader_org_id, given_to_id) WHERE given_to_id IS NOT NULL AND completed_at IS NULL;
CREATE INDEX reading_case_drawn ON reading_case (reader_org_id, due_at) WHERE drawn_rule_id IS NOT NULL AND completed_at IS NULL;

-- Only the reading group distributes, and among its own people.
CREATE FUNCTION guard_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'overread_app' OR NEW.given_to_id IS NULL THEN RETURN NEW; END IF;
  IF NEW.reader_org_id IS DISTINCT FROM public.app_org() OR NOT public.is_staff_of(NEW.reader_org_id, NEW.given_to_id) THEN
    RAISE EXCEPTION 'reading_case: only the reading group gives a case, and to its own readers' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_hand BEFORE UPDATE ON reading_case FOR EACH ROW WHEN (NEW.given_to_id IS DISTINCT FROM OLD.given_to_id) EXECUTE FUNCTION guard_hand();

-- Who said no to an offer, or let it run out.
CREATE TABLE case_decline (
  case_id uuid NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 300),
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (case_id, user_id)
);
ALTER TABLE case_decline ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_decline FORCE ROW LEVEL SECURITY;
CREATE POLICY reader_write ON case_decline TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, user_id));
CREATE POLICY maintenance ON case_decline TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON case_decline TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, UPDATE ON case_decline TO overread_app;
GRANT SELECT ON case_decline TO overread_maintenance;

-- What the engine was told and what it answered, each time it gave or took something: to be played again, bit for bit.
CREATE TABLE assignment_run (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  at timestamptz(3) NOT NULL,
  rules_version int NOT NULL,
  cases int NOT NULL,
  readers int NOT NULL,
  changes int NOT NULL,
  took_ms int NOT NULL,
  -- JSON, compressed with gzip.
  snapshot bytea NOT NULL,
  outcome bytea NOT NULL
);
ALTER TABLE assignment_run ALTER COLUMN snapshot SET STORAGE EXTERNAL, ALTER COLUMN outcome SET STORAGE EXTERNAL;
CREATE INDEX assignment_run_newest ON assignment_run (org_id, at DESC);
CREATE INDEX assignment_run_old ON assignment_run (at);
ALTER TABLE assignment_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON assignment_run FOR SELECT TO overread_app USING (org_id = (SELECT app_org()));
CREATE POLICY tenant_insert ON assignment_run FOR INSERT TO overread_app WITH CHECK (org_id = (SELECT app_org()));
CREATE POLICY maintenance ON assignment_run TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON assignment_run TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT ON assignment_run TO overread_app;
GRANT SELECT, DELETE ON assignment_run TO overread_maintenance;
