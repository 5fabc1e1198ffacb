-- What a reading group keeps of its readers: what assignment must know before it gives anybody a case. All of it is the group's alone; a hospital
-- says of each facility only whose licence reading for it takes.
ALTER TABLE facility ADD COLUMN jurisdiction text NOT NULL DEFAULT '' CHECK (jurisdiction = '' OR jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$');

CREATE TYPE "PrivilegeLevel" AS ENUM ('none', 'view', 'draft', 'report');
CREATE TYPE "ShiftChangeKind" AS ENUM ('extra', 'absence');
CREATE TYPE "SwapState" AS ENUM ('asked', 'agreed', 'refused', 'withdrawn');
CREATE TYPE "CredentialKind" AS ENUM ('licence', 'privilege');

CREATE TABLE reader_settings (
  org_id uuid PRIMARY KEY,
  -- Off: licences and privileges are kept and reminded of, and bar nobody.
  credentials_enforced boolean NOT NULL DEFAULT false,
  updated_by_id uuid,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE reader_profile (
  user_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  -- Empty: any.
  languages text[] NOT NULL DEFAULT '{}',
  read_types text[] NOT NULL DEFAULT '{preliminary,final,over-read}' CHECK (read_types <@ ARRAY['preliminary', 'final', 'over-read']),
  cap_open_cases int CHECK (cap_open_cases >= 0),
  cap_shift_cases int CHECK (cap_shift_cases >= 0),
  cap_shift_work_units double precision CHECK (cap_shift_work_units >= 0),
  -- Reads whenever he is there; his shifts count for nothing.
  off_roster boolean NOT NULL DEFAULT true,
  -- [{ modalities, bodyRegions, ageBands }]; empty: reads everything, as a generalist.
  subspecialties jsonb NOT NULL DEFAULT '[]',
  updated_by_id uuid,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX reader_profile_org ON reader_profile (org_id);

CREATE TABLE reader_licence (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  jurisdiction text NOT NULL CHECK (jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
  number text NOT NULL CHECK (length(number) BETWEEN 1 AND 64),
  -- Days; the last one counts. Null: without end there.
  valid_from date,
  valid_until date,
  -- Where the document itself is kept.
  document text NOT NULL DEFAULT '',
  created_by_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- Entered by mistake, or given up: it counts no more and stays on file.
  removed_at timestamptz(3),
  removed_by_id uuid,
  CHECK (valid_from <= valid_until)
);
CREATE INDEX reader_licence_org ON reader_licence (org_id, user_id);

CREATE TABLE licence_check (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  licence_id uuid NOT NULL,
  -- What the primary source says of it.
  outcome text NOT NULL CHECK (outcome IN ('confirmed', 'differs', 'not-found')),
  source text NOT NULL CHECK (length(source) BETWEEN 3 AND 300),
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX licence_check_licence ON licence_check (licence_id, at);

CREATE TABLE facility_privilege (
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  level "PrivilegeLevel" NOT NULL,
  -- From then on it is the level below.
  expires_at timestamptz(3),
  granted_by_id uuid,
  granted_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, facility_id)
);
CREATE INDEX facility_privilege_org ON facility_privilege (org_id);

CREATE TABLE reader_shift (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- 1 = Monday … 7 = Sunday: the days on which it begins.
  weekdays int[] NOT NULL CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(weekdays) > 0),
  -- HH:MM on the wall of the zone; an end that is not after the beginning is the next day's.
  starts text NOT NULL CHECK (starts ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  ends text NOT NULL CHECK (ends ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  time_zone text NOT NULL,
  -- Days on which it may begin; null: without end there.
  valid_from date,
  valid_until date,
  -- [{ starts, ends }]: HH:MM within the shift.
  breaks jsonb NOT NULL DEFAULT '[]',
  created_by_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3),
  CHECK (valid_from <= valid_until)
);
CREATE INDEX reader_shift_org ON reader_shift (org_id, user_id);

CREATE TABLE shift_swap (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  -- Who would be away, and who would read instead.
  from_user_id uuid NOT NULL,
  to_user_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  -- What is taken over in return; null: nothing.
  return_starts_at timestamptz(3),
  return_ends_at timestamptz(3),
  state "SwapState" NOT NULL DEFAULT 'asked',
  asked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  answered_at timestamptz(3),
  CHECK (starts_at < ends_at AND return_starts_at < return_ends_at),
  CHECK ((return_starts_at IS NULL) = (return_ends_at IS NULL)),
  CHECK (from_user_id <> to_user_id AND (state = 'asked') = (answered_at IS NULL))
);
CREATE INDEX shift_swap_org ON shift_swap (org_id, ends_at);

CREATE TABLE shift_change (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind "ShiftChangeKind" NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  swap_id uuid,
  by_id uuid,
  at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3),
  CHECK (starts_at < ends_at)
);
CREATE INDEX shift_change_org ON shift_change (org_id, ends_at);

CREATE TABLE reader_group (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  reader_ids uuid[] NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3)
);
CREATE UNIQUE INDEX reader_group_name ON reader_group (org_id, name) WHERE removed_at IS NULL;

-- Every table that was ever in force, the newest version being it.
CREATE TABLE work_unit_table (
  org_id uuid NOT NULL,
  version int NOT NULL,
  -- As the engine reads it: { procedures: [{ code, workUnits, effort }], modalities: [{ modality, workUnits }], otherwise }.
  content jsonb NOT NULL,
  by_id uuid,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (org_id, version)
);

-- Once for each step before an end; a credential that was renewed has another end.
CREATE TABLE credential_reminder (
  subject_id uuid NOT NULL,
  kind "CredentialKind" NOT NULL,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  -- Days before the end; 0: it has ended.
  step int NOT NULL CHECK (step IN (60, 30, 7, 0)),
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (user_id, subject_id, ends_at, step)
);
CREATE INDEX credential_reminder_org ON credential_reminder (org_id, ends_at);

CREATE FUNCTION are_staff_of(p_org uuid, p_ids uuid[]) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN NOT EXISTS (SELECT 1 FROM unnest(p_ids) AS i (id) WHERE i.id IS NULL OR NOT public.is_staff_of(p_org, i.id)); END $$;
CREATE FUNCTION is_licence_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.reader_licence l WHERE l.id = p_id AND l.org_id = p_org); END $$;
CREATE FUNCTION is_swap_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN p_id IS NULL OR EXISTS (SELECT 1 FROM public.shift_swap w WHERE w.id = p_id AND w.org_id = p_org); END $$;
-- A facility that the group reads for, or has read for.
CREATE FUNCTION is_facility_read_by(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.facility f JOIN public.contract c ON c.org_id = f.org_id
    WHERE f.id = p_id AND c.reader_org_id = p_org AND (c.facility_id IS NULL OR c.facility_id = f.id)); END $$;

DO $$
DECLARE
  parts text[];
  me text := '(SELECT app_org())';
BEGIN
  FOREACH parts SLICE 1 IN ARRAY ARRAY[
    -- Table, what a row may point at, whether it is written once.
    ARRAY['reader_settings', 'is_staff_of(org_id, updated_by_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['reader_profile', 'is_staff_of(org_id, user_id) AND is_staff_of(org_id, updated_by_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['reader_licence', 'is_staff_of(org_id, user_id) AND is_staff_of(org_id, created_by_id) AND is_staff_of(org_id, removed_by_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['licence_check', 'is_licence_of(org_id, licence_id) AND is_staff_of(org_id, by_id)', 'SELECT, INSERT'],
    ARRAY['facility_privilege', 'is_staff_of(org_id, user_id) AND is_staff_of(org_id, granted_by_id) AND is_facility_read_by(org_id, facility_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['reader_shift', 'is_staff_of(org_id, user_id) AND is_staff_of(org_id, created_by_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['shift_swap', 'is_staff_of(org_id, from_user_id) AND is_staff_of(org_id, to_user_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['shift_change', 'is_staff_of(org_id, user_id) AND is_staff_of(org_id, by_id) AND is_swap_of(org_id, swap_id)', 'SELECT, INSERT, UPDATE'],
    ARRAY['reader_group', 'are_staff_of(org_id, reader_ids)', 'SELECT, INSERT, UPDATE'],
    ARRAY['work_unit_table', 'is_staff_of(org_id, by_id)', 'SELECT, INSERT'],
    ARRAY['credential_reminder', 'is_staff_of(org_id, user_id)', 'SELECT, INSERT']
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', parts[1]);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', parts[1]);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', parts[1], current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', parts[1]);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', parts[1]);
    EXECUTE format('CREATE POLICY tenant ON %I TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND %s)', parts[1], me, me, parts[2]);
    EXECUTE format('GRANT %s ON %I TO overread_app', parts[3], parts[1]);
  END LOOP;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licence_check FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON licence_check FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON work_unit_table FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON work_unit_table FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- What a reader has signed in the running shift, and lately, is asked at every decision.
CREATE INDEX report_version_reader ON report_version (reader_org_id, signed_by_id, signed_at DESC);
