-- Whom a reading group wakes, and when, while the time of a case runs.
CREATE TABLE escalation_ladder (
  -- The reading group.
  org_id uuid PRIMARY KEY,
  steps jsonb NOT NULL,
  version int NOT NULL DEFAULT 1,
  saved_by_id uuid NOT NULL,
  saved_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

-- Steps that were taken, each once. Steps that wake the hospital are the hospital's rows to write, all others the group's.
CREATE TABLE escalation_step (
  case_id uuid NOT NULL,
  -- `80:pool`
  step text NOT NULL,
  percent int NOT NULL,
  audience text NOT NULL CHECK (audience IN ('reader', 'pool', 'lead', 'site')),
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  -- Since when it was due, and when it was taken.
  since timestamptz(3) NOT NULL,
  taken_at timestamptz(3) NOT NULL,
  -- How many were told.
  people int NOT NULL,
  acknowledged_at timestamptz(3),
  acknowledged_by_id uuid,
  PRIMARY KEY (case_id, step),
  CHECK ((acknowledged_at IS NULL) = (acknowledged_by_id IS NULL))
);

-- When a case is looked at next, and under which due time and ladder that was found. One that stands otherwise now is looked at again.
CREATE TABLE escalation_watch (
  case_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  due_at timestamptz(3) NOT NULL,
  ladder_version int NOT NULL,
  next_at timestamptz(3)
);

DO $$
DECLARE
  t text;
  me text := '(SELECT app_org())';
  reads text := format('org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = %s)', me);
BEGIN
  FOREACH t IN ARRAY ARRAY['escalation_ladder', 'escalation_step', 'escalation_watch'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', t);
  END LOOP;
  EXECUTE format('CREATE POLICY tenant ON escalation_ladder TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND is_staff_of(org_id, saved_by_id))', me, me);
  -- A hospital is woken by the ladder of the group that reads for it.
  CREATE POLICY partner ON escalation_ladder FOR SELECT TO overread_app USING (org_id IN (SELECT contract_partners()));
  EXECUTE format('CREATE POLICY tenant ON escalation_step FOR SELECT TO overread_app USING (org_id = %s OR reader_org_id = %s)', me, me);
  EXECUTE format('CREATE POLICY reader_insert ON escalation_step FOR INSERT TO overread_app WITH CHECK (reader_org_id = %s AND audience <> ''site''
    AND %s AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, acknowledged_by_id))', me, reads);
  EXECUTE format('CREATE POLICY hospital_insert ON escalation_step FOR INSERT TO overread_app WITH CHECK (org_id = %s AND audience = ''site''
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(org_id, acknowledged_by_id))', me);
  EXECUTE format('CREATE POLICY reader_update ON escalation_step FOR UPDATE TO overread_app USING (reader_org_id = %s AND audience <> ''site'')
    WITH CHECK (reader_org_id = %s AND audience <> ''site'' AND is_staff_of(reader_org_id, acknowledged_by_id))', me, me);
  EXECUTE format('CREATE POLICY hospital_update ON escalation_step FOR UPDATE TO overread_app USING (org_id = %s AND audience = ''site'')
    WITH CHECK (org_id = %s AND audience = ''site'' AND is_staff_of(org_id, acknowledged_by_id))', me, me);
  EXECUTE format('CREATE POLICY reader_write ON escalation_watch TO overread_app USING (reader_org_id = %s)
    WITH CHECK (reader_org_id = %s AND %s AND is_case_of(org_id, reader_org_id, case_id))', me, me, reads);
END $$;
GRANT SELECT, INSERT, UPDATE ON escalation_ladder, escalation_watch TO overread_app;
GRANT SELECT, INSERT, UPDATE (acknowledged_at, acknowledged_by_id) ON escalation_step TO overread_app;
