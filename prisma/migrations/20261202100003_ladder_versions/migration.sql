-- The ladders that a reading group has saved, version by version. Insert-only, so that an alarm of last week can be held against the ladder
-- it was given by. The one in force stays the row of `escalation_ladder`, which the hospitals read as well.
CREATE TABLE escalation_ladder_version (
  org_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  steps jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array'),
  saved_by_id uuid NOT NULL,
  saved_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (org_id, version)
);
INSERT INTO escalation_ladder_version (org_id, version, steps, saved_by_id, saved_at)
  SELECT org_id, version, steps, saved_by_id, saved_at FROM escalation_ladder;

ALTER TABLE escalation_ladder_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE escalation_ladder_version FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON escalation_ladder_version TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON escalation_ladder_version TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON escalation_ladder_version FOR SELECT TO overread_app USING (org_id = (SELECT app_org()));
CREATE POLICY tenant_insert ON escalation_ladder_version FOR INSERT TO overread_app
  WITH CHECK (org_id = (SELECT app_org()) AND is_staff_of(org_id, saved_by_id));
GRANT SELECT, INSERT ON escalation_ladder_version TO overread_app;
GRANT SELECT ON escalation_ladder_version TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON escalation_ladder_version FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON escalation_ladder_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- The list of what was sent in the last days, of one group.
CREATE INDEX escalation_step_sent ON escalation_step (reader_org_id, taken_at DESC);
