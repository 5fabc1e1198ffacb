-- Orders: what a hospital asks for, entered at the site today and by HL7 later, and the studies that answer them.
CREATE TYPE "OrderState" AS ENUM ('open', 'cancelled');
CREATE TYPE "OrderMatchState" AS ENUM ('matched', 'parted');

CREATE TABLE imaging_order (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  state "OrderState" NOT NULL DEFAULT 'open',
  version int NOT NULL DEFAULT 1,
  accession_number text NOT NULL DEFAULT '',
  placer_order_number text NOT NULL DEFAULT '',
  filler_order_number text NOT NULL DEFAULT '',
  patient_id text NOT NULL,
  issuer_of_patient_id text NOT NULL DEFAULT '',
  patient_name text NOT NULL,
  patient_name_search text NOT NULL DEFAULT '',
  patient_birth_date text NOT NULL DEFAULT '',
  patient_sex text NOT NULL DEFAULT '',
  procedure_code text NOT NULL DEFAULT '',
  procedure_code_scheme text NOT NULL DEFAULT '',
  procedure_description text NOT NULL,
  modality text NOT NULL DEFAULT '',
  reason_for_exam text NOT NULL DEFAULT '',
  clinical_information text NOT NULL DEFAULT '',
  priority "CasePriority" NOT NULL DEFAULT 'routine',
  priority_reason text NOT NULL DEFAULT '',
  patient_class text NOT NULL DEFAULT '',
  referring_physician_name text NOT NULL DEFAULT '',
  expected_images int CHECK (expected_images > 0),
  created_by_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  cancelled_reason text,
  CHECK ((state = 'cancelled') = (cancelled_reason IS NOT NULL)),
  CHECK (priority <> 'stat' OR length(priority_reason) >= 3)
);
CREATE INDEX imaging_order_newest ON imaging_order (org_id, created_at DESC, id);
CREATE INDEX imaging_order_accession ON imaging_order (org_id, accession_number);

CREATE TABLE order_match (
  order_id uuid NOT NULL,
  study_ref uuid NOT NULL,
  org_id uuid NOT NULL,
  -- The group that reads the study, so that it sees the order with it.
  reader_org_id uuid,
  state "OrderMatchState" NOT NULL DEFAULT 'matched',
  by_id uuid,
  reason text NOT NULL DEFAULT '',
  at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, study_ref)
);
CREATE INDEX order_match_study ON order_match (study_ref);

CREATE FUNCTION is_order_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.imaging_order o WHERE o.id = p_id AND o.org_id = p_org); END $$;

DO $$
DECLARE
  t text;
  me text := '(SELECT app_org())';
  shared text := format('(reader_org_id IS NULL OR reader_org_id IN (SELECT c.reader_org_id FROM public.contract c WHERE c.org_id = %s))', me);
BEGIN
  FOREACH t IN ARRAY ARRAY['imaging_order', 'order_match'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO overread_app', t);
  END LOOP;
  -- The reading group sees an order by a study that it reads and that answers it; a pair that was parted shows it nothing.
  EXECUTE format('CREATE POLICY tenant ON order_match FOR SELECT TO overread_app USING (org_id = %s OR (reader_org_id = %s AND state = ''matched''))', me, me);
  EXECUTE format('CREATE POLICY tenant ON imaging_order FOR SELECT TO overread_app USING (org_id = %s OR EXISTS (
    SELECT 1 FROM public.order_match m WHERE m.order_id = imaging_order.id AND m.reader_org_id = %s AND m.state = ''matched''))', me, me);
  EXECUTE format('CREATE POLICY hospital_insert ON imaging_order FOR INSERT TO overread_app
    WITH CHECK (org_id = %s AND is_facility_of(org_id, facility_id) AND is_staff_of(org_id, created_by_id))', me);
  EXECUTE format('CREATE POLICY hospital_update ON imaging_order FOR UPDATE TO overread_app USING (org_id = %s)
    WITH CHECK (org_id = %s AND is_facility_of(org_id, facility_id) AND is_staff_of(org_id, created_by_id))', me, me);
  EXECUTE format('CREATE POLICY hospital_insert ON order_match FOR INSERT TO overread_app
    WITH CHECK (org_id = %s AND %s AND is_order_of(org_id, order_id) AND is_study_of(org_id, study_ref) AND is_staff_of(org_id, by_id))', me, shared);
  EXECUTE format('CREATE POLICY hospital_update ON order_match FOR UPDATE TO overread_app USING (org_id = %s)
    WITH CHECK (org_id = %s AND %s AND is_order_of(org_id, order_id) AND is_study_of(org_id, study_ref) AND is_staff_of(org_id, by_id))', me, me, shared);
END $$;
