-- Walls for writes. Reading across a contract stays as it was; what an organisation writes is now only what its side of the
-- work writes. The hospital: patients, studies, images, the case's place on the list, deliveries. The reading group: drafts and
-- signed versions, and the claim on a case. Contracts, facilities, sessions, tokens and edges are made by other roles alone.
--
-- What a new table or column needs from here on:
--   a table       its own policies and grants, and a line in tests/access/write-lines.ts (a table without one fails the build)
--   instance      a GRANT UPDATE (column), when the application changes the column after the image came
--   session, edge_router, api_token   the same
--   other tables  nothing: their grants hold for the whole table

-- Functions that look at tables name them with their schema: a temporary table of the caller's would otherwise come first, also in
-- functions that policies call with the caller's own rights.
CREATE OR REPLACE FUNCTION contract_partner(other uuid) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT EXISTS (SELECT 1 FROM public.contract WHERE (org_id = public.app_org() AND reader_org_id = other) OR (reader_org_id = public.app_org() AND org_id = other)) $$;
CREATE OR REPLACE FUNCTION staff_name(user_id uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT u.display_name FROM public.user_account u WHERE u.id = user_id
        AND (u.org_id = public.app_org() OR EXISTS (SELECT 1 FROM public.contract c
          WHERE (c.org_id = public.app_org() AND c.reader_org_id = u.org_id) OR (c.reader_org_id = public.app_org() AND c.org_id = u.org_id))) $$;
CREATE OR REPLACE FUNCTION referrer_for(hospital uuid, normalised_name text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT u.id FROM public.user_account u WHERE u.org_id = hospital AND hospital = public.app_org() AND normalised_name <> ''
        AND normalised_name = ANY (u.referrer_names) AND u.deactivated_at IS NULL ORDER BY u.created_at LIMIT 1 $$;
CREATE OR REPLACE FUNCTION study_text_matches(name_1 text, name_2 text, name_3 text, starts text, words_1 text, words_2 text, most int)
  RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
DECLARE caller uuid := public.app_org();
BEGIN
  RETURN QUERY SELECT s.id FROM public.study s
    WHERE (s.org_id = caller OR s.reader_org_id = caller)
      AND (s.patient_name_search LIKE name_1 OR s.patient_name_search LIKE name_2 OR s.patient_name_search LIKE name_3
        OR s.patient_id ILIKE starts OR s.accession_number ILIKE starts
        OR s.study_description ILIKE words_1 OR s.study_description ILIKE words_2)
    LIMIT most;
END $$;
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;

-- Audit events are hashed over fields that each say how long they are: no two events have one text. `form` says which way an
-- event was hashed; those of before keep theirs.
ALTER TABLE audit_event ADD COLUMN form smallint NOT NULL DEFAULT 1;
CREATE FUNCTION audit_field(field text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE WHEN field IS NULL THEN '-' ELSE octet_length(convert_to(field, 'UTF8')) || ':' || field END $$;
CREATE OR REPLACE FUNCTION audit_canonical(e audit_event) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE e.form
    WHEN 1 THEN concat_ws(E'\x1f', e.org_id, e.seq, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_org_id, e.actor_kind, e.actor_id, e.actor_name,
      e.action, e.outcome, coalesce(e.patient_ref::text, '-'), coalesce(e.study_ref::text, '-'), coalesce(e.case_id::text, '-'), e.details::text, e.request_id, e.prev_hash)
    WHEN 2 THEN concat_ws(',', public.audit_field('audit-event-2'), public.audit_field(e.org_id::text), public.audit_field(e.seq::text),
      public.audit_field(((extract(epoch FROM e.at) * 1000000)::bigint)::text), public.audit_field(e.actor_org_id::text), public.audit_field(e.actor_kind),
      public.audit_field(e.actor_id), public.audit_field(e.actor_name), public.audit_field(e.action), public.audit_field(e.outcome),
      public.audit_field(e.patient_ref::text), public.audit_field(e.study_ref::text), public.audit_field(e.case_id::text),
      public.audit_field(e.details::text), public.audit_field(e.request_id), public.audit_field(e.prev_hash)) END $$;

-- The application appends for its tenant, to the tenant's own chain or to that of a partner whose data was touched. Sign-in, which
-- works before there is a tenant, appends to the chain of the one who signs in. Operators append where they worked.
CREATE OR REPLACE FUNCTION audit_append(p_org uuid, p_actor_org uuid, p_actor_kind text, p_actor_id text, p_actor_name text, p_action text, p_outcome text,
    p_patient uuid, p_study uuid, p_case uuid, p_details jsonb, p_request text) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head public.audit_head; e public.audit_event; tenant uuid := public.app_org();
  -- Within this function current_user is its owner; who called is the login, or the role it has taken on.
  caller text := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
BEGIN
  IF caller = 'overread_auth' THEN
    IF p_actor_org IS DISTINCT FROM p_org THEN RAISE EXCEPTION 'audit: sign-in appends to the chain of the one who signs in' USING ERRCODE = '42501'; END IF;
  ELSIF caller <> 'overread_maintenance' THEN
    IF tenant IS NULL THEN RAISE EXCEPTION 'audit: no tenant is set' USING ERRCODE = '42501'; END IF;
    IF p_actor_org IS DISTINCT FROM tenant THEN RAISE EXCEPTION 'audit: the actor is not of this organisation' USING ERRCODE = '42501'; END IF;
    IF p_org IS DISTINCT FROM tenant AND NOT EXISTS (SELECT 1 FROM public.contract c
        WHERE (c.org_id = tenant AND c.reader_org_id = p_org) OR (c.reader_org_id = tenant AND c.org_id = p_org)) THEN
      RAISE EXCEPTION 'audit: this organisation is no partner' USING ERRCODE = '42501'; END IF;
  END IF;
  IF concat(p_actor_kind, p_actor_id, p_actor_name, p_action, p_outcome, p_request) ~ '[\x01-\x1f\x7f]' THEN
    RAISE EXCEPTION 'audit: control characters are refused' USING ERRCODE = '22023'; END IF;
  INSERT INTO public.audit_head (org_id, seq, hash) VALUES (p_org, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
  -- The lock keeps the chain in one line until the act itself commits.
  SELECT * INTO head FROM public.audit_head WHERE org_id = p_org FOR UPDATE;
  e.org_id := p_org; e.seq := head.seq + 1; e.at := clock_timestamp(); e.actor_org_id := p_actor_org; e.actor_kind := p_actor_kind;
  e.actor_id := p_actor_id; e.actor_name := p_actor_name; e.action := p_action; e.outcome := p_outcome; e.patient_ref := p_patient;
  e.study_ref := p_study; e.case_id := p_case; e.details := coalesce(p_details, '{}'); e.request_id := coalesce(p_request, ''); e.prev_hash := head.hash;
  e.form := 2;
  e.hash := encode(sha256(convert_to(public.audit_canonical(e), 'UTF8')), 'hex');
  INSERT INTO public.audit_event SELECT e.*;
  UPDATE public.audit_head SET seq = e.seq, hash = e.hash WHERE org_id = p_org;
  RETURN e.seq;
END $$;

-- What a row points at is of the same hospital. Functions, not subqueries: one look into an index per row written.
CREATE FUNCTION is_patient_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.patient p WHERE p.id = p_id AND p.org_id = p_org); END $$;
CREATE FUNCTION is_study_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.study s WHERE s.id = p_id AND s.org_id = p_org); END $$;
CREATE FUNCTION is_series_of(p_study uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.series s WHERE s.id = p_id AND s.study_ref = p_study); END $$;
CREATE FUNCTION is_facility_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN p_id IS NULL OR EXISTS (SELECT 1 FROM public.facility f WHERE f.id = p_id AND f.org_id = p_org); END $$;
CREATE FUNCTION is_staff_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN p_id IS NULL OR EXISTS (SELECT 1 FROM public.user_account u WHERE u.id = p_id AND u.org_id = p_org); END $$;
CREATE FUNCTION is_case_of(p_org uuid, p_reader uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.reading_case c WHERE c.id = p_id AND c.org_id = p_org AND c.reader_org_id = p_reader); END $$;
CREATE FUNCTION is_version_of(p_org uuid, p_reader uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.report_version v WHERE v.id = p_id AND v.org_id = p_org AND v.reader_org_id = p_reader); END $$;

DO $$
DECLARE
  t text; further text; parts text[];
  me text := '(SELECT app_org())';
  -- The group is one that has a contract with the hospital that writes; asked once per statement.
  shared text := format('(reader_org_id IS NULL OR reader_org_id IN (SELECT c.reader_org_id FROM public.contract c WHERE c.org_id = %s))', me);
  read_for text := format('org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = %s)', me);
BEGIN
  FOREACH t IN ARRAY ARRAY['contract', 'patient', 'study', 'series', 'instance', 'reading_case', 'case_prior', 'report_draft', 'report_version', 'report_document', 'delivery'] LOOP
    EXECUTE format('DROP POLICY tenant ON %I', t);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO overread_app USING (org_id = %s OR reader_org_id = %s)', t, me, me);
  END LOOP;
  -- Written by the hospital's side alone.
  FOREACH parts SLICE 1 IN ARRAY ARRAY[
    ARRAY['patient', 'true'],
    ARRAY['study', 'is_patient_of(org_id, patient_ref) AND is_facility_of(org_id, facility_id) AND is_staff_of(org_id, referrer_id)'],
    ARRAY['series', 'is_study_of(org_id, study_ref)'],
    ARRAY['instance', 'is_study_of(org_id, study_ref) AND is_series_of(study_ref, series_ref)'],
    ARRAY['case_prior', 'is_case_of(org_id, reader_org_id, case_id) AND is_study_of(org_id, study_ref)'],
    ARRAY['report_document', 'is_version_of(org_id, reader_org_id, report_version_id)'],
    ARRAY['delivery', 'is_version_of(org_id, reader_org_id, report_version_id) AND is_facility_of(org_id, facility_id)']
  ] LOOP
    t := parts[1]; further := parts[2];
    EXECUTE format('CREATE POLICY hospital_insert ON %I FOR INSERT TO overread_app WITH CHECK (org_id = %s AND %s AND %s)', t, me, shared, further);
    EXECUTE format('CREATE POLICY hospital_update ON %I FOR UPDATE TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND %s AND %s)', t, me, me, shared, further);
    EXECUTE format('CREATE POLICY hospital_delete ON %I FOR DELETE TO overread_app USING (org_id = %s)', t, me);
  END LOOP;
  -- The case: opened by the hospital's side, worked on by both.
  EXECUTE format('CREATE POLICY hospital_insert ON reading_case FOR INSERT TO overread_app WITH CHECK (org_id = %s AND %s
    AND is_study_of(org_id, study_ref) AND state = ''arriving'')', me, shared);
  EXECUTE format('CREATE POLICY hospital_update ON reading_case FOR UPDATE TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND %s)', me, me, shared);
  EXECUTE format('CREATE POLICY reader_update ON reading_case FOR UPDATE TO overread_app USING (reader_org_id = %s) WITH CHECK (reader_org_id = %s AND %s)', me, me, read_for);
  -- Words: written by the group alone, about a case that it has.
  EXECUTE format('CREATE POLICY reader_write ON report_draft TO overread_app USING (reader_org_id = %s)
    WITH CHECK (reader_org_id = %s AND %s AND is_case_of(org_id, reader_org_id, case_id))', me, me, read_for);
  EXECUTE format('CREATE POLICY reader_insert ON report_version FOR INSERT TO overread_app
    WITH CHECK (reader_org_id = %s AND %s AND is_case_of(org_id, reader_org_id, case_id) AND is_study_of(org_id, study_ref) AND is_staff_of(reader_org_id, signed_by_id))', me, read_for);
  -- What an account, a facility or a code points at is of the same organisation.
  EXECUTE format('ALTER POLICY tenant ON credential WITH CHECK (org_id = %s AND is_staff_of(org_id, user_id))', me);
  EXECUTE format('ALTER POLICY tenant ON session WITH CHECK (org_id = %s AND is_staff_of(org_id, user_id))', me);
  EXECUTE format('ALTER POLICY tenant ON facility WITH CHECK (org_id = %s AND is_staff_of(org_id, default_referrer_id))', me);
  EXECUTE format('ALTER POLICY tenant ON enrollment_code WITH CHECK (org_id = %s AND is_facility_of(org_id, facility_id))', me);
  EXECUTE format('ALTER POLICY tenant ON edge_router WITH CHECK (org_id = %s AND is_facility_of(org_id, facility_id))', me);
  EXECUTE format('ALTER POLICY tenant ON api_token WITH CHECK (org_id = %s AND is_facility_of(org_id, facility_id))', me);
  -- A job works for the organisation that its payload names: the row may name no other.
  EXECUTE format('ALTER POLICY tenant ON outbox_job WITH CHECK (org_id = %s AND payload ->> ''orgId'' = org_id::text)', me);
  ALTER POLICY partner_insert ON outbox_job WITH CHECK (contract_partner(org_id) AND payload ->> 'orgId' = org_id::text);
END $$;

-- Which case of which study it is, and between whom, stays; only the group signs.
CREATE FUNCTION guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'overread_app' THEN RETURN NEW; END IF;
  IF (NEW.id, NEW.org_id, NEW.reader_org_id, NEW.study_ref) IS DISTINCT FROM (OLD.id, OLD.org_id, OLD.reader_org_id, OLD.study_ref) THEN
    RAISE EXCEPTION 'reading_case: what a case is of cannot be changed' USING ERRCODE = '42501'; END IF;
  IF NEW.reader_org_id IS DISTINCT FROM public.app_org() THEN
    IF NEW.state IN ('preliminary', 'final', 'amended') AND NEW.state <> OLD.state AND NOT (OLD.state = 'held' AND OLD.paused_from = NEW.state) THEN
      RAISE EXCEPTION 'reading_case: only the reading group signs' USING ERRCODE = '42501'; END IF;
    IF NEW.paused_from IN ('preliminary', 'final', 'amended') AND NEW.paused_from IS DISTINCT FROM OLD.paused_from AND NEW.paused_from <> OLD.state THEN
      RAISE EXCEPTION 'reading_case: the case never stood there' USING ERRCODE = '42501'; END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON reading_case FOR EACH ROW EXECUTE FUNCTION guard_case();

-- UIDs and the organisation they are unique in are what a study and a series are.
CREATE FUNCTION guard_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' THEN RAISE EXCEPTION '%: its identity cannot be changed', TG_TABLE_NAME USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_identity BEFORE UPDATE OF id, org_id, study_instance_uid ON study FOR EACH ROW EXECUTE FUNCTION guard_identity();
CREATE TRIGGER guard_identity BEFORE UPDATE OF id, org_id, study_ref, series_instance_uid ON series FOR EACH ROW EXECUTE FUNCTION guard_identity();
CREATE TRIGGER guard_identity BEFORE UPDATE OF id, org_id ON patient FOR EACH ROW EXECUTE FUNCTION guard_identity();

REVOKE INSERT, UPDATE ON contract FROM overread_app;
REVOKE INSERT ON facility, session, api_token, edge_router FROM overread_app;
-- An image's bytes, hash and place are written once, with the row. Later only who decided what about it, and who may see it.
REVOKE UPDATE ON instance, session, api_token, edge_router, outbox_job FROM overread_app;
GRANT UPDATE (reader_org_id, status, quarantine_reason, resolved_at, resolved_by_id, resolution_reason) ON instance TO overread_app;
GRANT UPDATE (revoked_at, last_seen_at, expires_at) ON session TO overread_app;
GRANT UPDATE (revoked_at) ON api_token TO overread_app;
GRANT UPDATE (revoked_at, heartbeat, last_heartbeat_at, last_study_at, software_version, name) ON edge_router TO overread_app;
