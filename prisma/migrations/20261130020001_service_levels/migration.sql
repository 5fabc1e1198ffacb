-- Service levels: what a contract promises, in versions. A version is never changed: another takes its place from its own beginning on.
CREATE TABLE service_level (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  contract_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  valid_from timestamptz(3) NOT NULL,
  -- Dates on the facilities' calendars, lines in their order, and the minutes where no line fits (assignment/engine/service-level.ts).
  holidays jsonb NOT NULL,
  lines jsonb NOT NULL,
  otherwise jsonb NOT NULL,
  -- Null: with the contract, or from the terms of before.
  created_by_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX service_level_contract ON service_level (contract_id, valid_from);

-- Existing contracts keep their times as their first version.
INSERT INTO service_level (contract_id, org_id, reader_org_id, valid_from, holidays, lines, otherwise)
  SELECT id, org_id, reader_org_id, starts_at, '[]', '[]',
    jsonb_build_object('stat', stat_minutes, 'urgent', urgent_minutes, 'routine', routine_minutes) FROM contract;

-- When the clock of a case stood still, and why. The due time follows from the promise and from these rows.
CREATE TYPE "ClockStopReason" AS ENUM ('held', 'question', 'cancelled');
CREATE TABLE case_clock_stop (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  case_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  why "ClockStopReason" NOT NULL,
  from_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Null: it stands still now.
  until_at timestamptz(3),
  CHECK (until_at >= from_at)
);
CREATE INDEX case_clock_stop_case ON case_clock_stop (case_id);
CREATE UNIQUE INDEX case_clock_stop_open ON case_clock_stop (case_id, why) WHERE until_at IS NULL;

-- What a case was promised, under which version and line. The defaults are of rows that no verb has opened.
ALTER TABLE reading_case
  ADD COLUMN patient_class text NOT NULL DEFAULT 'unknown' CHECK (patient_class IN ('emergency', 'inpatient', 'outpatient', 'unknown')),
  ADD COLUMN service_level_id uuid,
  ADD COLUMN service_level_line int,
  ADD COLUMN promised_from timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN promised_minutes int NOT NULL DEFAULT 1440 CHECK (promised_minutes > 0),
  ADD COLUMN promised_at timestamptz(3) NOT NULL DEFAULT now() + interval '1440 minutes';
-- Of older cases the due time is kept, whatever moved it: their clock begins so long before it.
WITH terms AS (
  SELECT c.id, v.id AS level, coalesce((v.otherwise ->> c.priority::text)::int, 1440) AS minutes
  FROM reading_case c LEFT JOIN LATERAL (
    SELECT l.id, l.otherwise FROM service_level l JOIN contract k ON k.id = l.contract_id
    WHERE k.org_id = c.org_id AND k.reader_org_id = c.reader_org_id AND (k.facility_id IS NULL OR k.facility_id = c.facility_id)
    ORDER BY k.facility_id NULLS LAST, k.starts_at DESC, k.id LIMIT 1) v ON true
)
UPDATE reading_case c SET service_level_id = t.level, promised_minutes = t.minutes,
  promised_from = c.due_at - make_interval(mins => t.minutes), promised_at = c.due_at
FROM terms t WHERE t.id = c.id;
INSERT INTO case_clock_stop (case_id, org_id, reader_org_id, why, from_at)
  SELECT id, org_id, reader_org_id, (CASE WHEN state = 'cancelled' THEN 'cancelled' WHEN question_state = 'question' THEN 'question' ELSE 'held' END)::"ClockStopReason", paused_at
  FROM reading_case WHERE state IN ('held', 'cancelled') AND paused_at IS NOT NULL;

ALTER TABLE contract DROP COLUMN stat_minutes, DROP COLUMN urgent_minutes, DROP COLUMN routine_minutes;

CREATE FUNCTION is_contract_between(p_org uuid, p_reader uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.contract c WHERE c.id = p_id AND c.org_id = p_org AND c.reader_org_id = p_reader); END $$;

DO $$
DECLARE
  t text;
  me text := '(SELECT app_org())';
  shared text := format('org_id = %s AND reader_org_id IN (SELECT c.reader_org_id FROM public.contract c WHERE c.org_id = %s)', me, me);
  read_for text := format('reader_org_id = %s AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = %s)', me, me);
BEGIN
  FOREACH t IN ARRAY ARRAY['service_level', 'case_clock_stop'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO overread_app USING (org_id = %s OR reader_org_id = %s)', t, me, me);
  END LOOP;
  -- The hospital writes what it has agreed; not for a time that has passed, since cases were promised something else then.
  EXECUTE format('CREATE POLICY hospital_insert ON service_level FOR INSERT TO overread_app WITH CHECK (%s AND valid_from >= now()
    AND is_contract_between(org_id, reader_org_id, contract_id) AND is_staff_of(org_id, created_by_id))', shared);
  -- Both sides stop the clock and let it go on.
  EXECUTE format('CREATE POLICY hospital_insert ON case_clock_stop FOR INSERT TO overread_app WITH CHECK (%s AND is_case_of(org_id, reader_org_id, case_id))', shared);
  EXECUTE format('CREATE POLICY reader_insert ON case_clock_stop FOR INSERT TO overread_app WITH CHECK (%s AND is_case_of(org_id, reader_org_id, case_id))', read_for);
  EXECUTE format('CREATE POLICY hospital_update ON case_clock_stop FOR UPDATE TO overread_app USING (org_id = %s) WITH CHECK (%s)', me, shared);
  EXECUTE format('CREATE POLICY reader_update ON case_clock_stop FOR UPDATE TO overread_app USING (reader_org_id = %s) WITH CHECK (%s)', me, read_for);
END $$;
GRANT SELECT, INSERT ON service_level TO overread_app, overread_maintenance;
GRANT SELECT, INSERT ON case_clock_stop TO overread_app;
GRANT UPDATE (until_at) ON case_clock_stop TO overread_app;
GRANT SELECT ON case_clock_stop TO overread_maintenance;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON service_level FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON service_level FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
-- A stop ends once.
CREATE FUNCTION guard_clock_stop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND OLD.until_at IS NOT NULL AND NEW.until_at IS DISTINCT FROM OLD.until_at THEN
    RAISE EXCEPTION 'case_clock_stop: it has ended' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON case_clock_stop FOR EACH ROW EXECUTE FUNCTION guard_clock_stop();
