-- What the reading group asks the site about a case, and what the site answers. Insert-only: both sides rely on what was said.
CREATE TYPE "CaseMessageKind" AS ENUM ('question', 'answer');
CREATE TABLE case_message (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  case_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  kind "CaseMessageKind" NOT NULL,
  text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
  -- Of a question: the clock stands still until the site has answered.
  stops_clock boolean NOT NULL DEFAULT false,
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX case_message_case ON case_message (case_id, at);
-- Whose turn it is; null: nobody has asked.
ALTER TABLE reading_case ADD COLUMN question_state "CaseMessageKind";
CREATE INDEX reading_case_asked ON reading_case (org_id) WHERE question_state = 'question' AND completed_at IS NULL;

ALTER TABLE case_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_message FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON case_message TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON case_message TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON case_message FOR SELECT TO overread_app USING (org_id = (SELECT app_org()) OR reader_org_id = (SELECT app_org()));
-- The group asks, the hospital answers, each in the name of its own people and about a case that both have.
CREATE POLICY reader_insert ON case_message FOR INSERT TO overread_app WITH CHECK (reader_org_id = (SELECT app_org()) AND kind = 'question'
  AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
  AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, by_id));
CREATE POLICY hospital_insert ON case_message FOR INSERT TO overread_app WITH CHECK (org_id = (SELECT app_org()) AND kind = 'answer'
  AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(org_id, by_id));
GRANT SELECT, INSERT ON case_message TO overread_app;
GRANT SELECT ON case_message TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_message FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON case_message FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
