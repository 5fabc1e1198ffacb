-- The rules of a reading group, version by version: the newest is in force. Insert-only, so that a decision of last week can be held against
-- the rules it was made by. The key decides between two leads who save at once.
CREATE TABLE assignment_rule_set (
  org_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  -- In order: [{ name, on, rule }] (domain/assignment/rules/sheet.ts).
  sheet jsonb NOT NULL CHECK (jsonb_typeof(sheet) = 'array'),
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 300),
  -- Of rules put back: the version that they are from.
  restored_from integer,
  saved_by_id uuid NOT NULL,
  saved_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (org_id, version)
);

ALTER TABLE assignment_rule_set ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_rule_set FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON assignment_rule_set TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON assignment_rule_set TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON assignment_rule_set FOR SELECT TO overread_app USING (org_id = (SELECT app_org()));
CREATE POLICY tenant_insert ON assignment_rule_set FOR INSERT TO overread_app
  WITH CHECK (org_id = (SELECT app_org()) AND is_staff_of(org_id, saved_by_id));
GRANT SELECT, INSERT ON assignment_rule_set TO overread_app;
GRANT SELECT ON assignment_rule_set TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON assignment_rule_set FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON assignment_rule_set FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
