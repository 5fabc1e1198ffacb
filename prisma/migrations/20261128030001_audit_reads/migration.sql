-- Reads (list, open, search) leave the line that acts of one organisation wait in. `audit_append` holds `audit_head` until its
-- transaction commits, so four readers of one group were four times slower. A read now inserts one row here in its own transaction,
-- and shares no lock with anybody; `audit_chain_reads` moves the rows into the chain in batches, one writer at a time.
--
-- Until a row is chained, nothing but this table holds it. So every row carries an HMAC under a key that the database does not hold
-- (`mac`), over what it says and over its place: its connection's own stream and its number there, 1, 2, 3 … without a gap. The
-- number is a session setting that is set by the same statement, so a transaction that is undone takes it back. Both go along into
-- the chain, where `audit verify` finds a row that was changed, and one that is not there any more.
CREATE TABLE audit_read (
  -- Of one connection always rising: the order of its reads.
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  at timestamptz(6) NOT NULL,
  actor_org_id uuid NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  patient_ref uuid,
  study_ref uuid,
  case_id uuid,
  details jsonb NOT NULL,
  request_id text NOT NULL,
  stream uuid NOT NULL,
  stream_n bigint NOT NULL CHECK (stream_n > 0),
  mac text NOT NULL CHECK (mac ~ '^[0-9a-f]{64}$'),
  -- What the chain would refuse must not get as far as its writer, who could never get past it.
  CONSTRAINT no_control_characters CHECK (concat(actor_kind, actor_id, actor_name, action, outcome, request_id) !~ '[\x01-\x1f\x7f]')
);
ALTER TABLE audit_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_read FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON audit_read TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON audit_read FOR SELECT TO overread_maintenance USING (true);
CREATE POLICY tenant ON audit_read FOR SELECT TO overread_app USING (org_id = (SELECT app_org()) OR actor_org_id = (SELECT app_org()));
-- As in audit_append: for the tenant, into its own chain or that of a partner whose data was touched; and now, not earlier.
CREATE POLICY tenant_insert ON audit_read FOR INSERT TO overread_app WITH CHECK (
  actor_org_id = (SELECT app_org()) AND (org_id = (SELECT app_org()) OR contract_partner(org_id))
  AND at BETWEEN now() - interval '1 second' AND now());
GRANT SELECT, INSERT ON audit_read TO overread_app;
GRANT SELECT ON audit_read TO overread_maintenance;
-- Moved into the chain by the function below, changed by nobody.
CREATE TRIGGER append_only BEFORE UPDATE ON audit_read FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_read FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Of an event that waited there; an act, chained in its own transaction, has none of the three.
ALTER TABLE audit_event ADD COLUMN stream uuid, ADD COLUMN stream_n bigint, ADD COLUMN mac text;
CREATE OR REPLACE FUNCTION audit_canonical(e audit_event) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE
    WHEN e.form = 1 THEN concat_ws(E'\x1f', e.org_id, e.seq, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_org_id, e.actor_kind, e.actor_id, e.actor_name,
      e.action, e.outcome, coalesce(e.patient_ref::text, '-'), coalesce(e.study_ref::text, '-'), coalesce(e.case_id::text, '-'), e.details::text, e.request_id, e.prev_hash)
    WHEN e.form IN (2, 3) THEN concat_ws(',', public.audit_field('audit-event-' || e.form), public.audit_field(e.org_id::text), public.audit_field(e.seq::text),
      public.audit_field(((extract(epoch FROM e.at) * 1000000)::bigint)::text), public.audit_field(e.actor_org_id::text), public.audit_field(e.actor_kind),
      public.audit_field(e.actor_id), public.audit_field(e.actor_name), public.audit_field(e.action), public.audit_field(e.outcome),
      public.audit_field(e.patient_ref::text), public.audit_field(e.study_ref::text), public.audit_field(e.case_id::text),
      public.audit_field(e.details::text), public.audit_field(e.request_id), public.audit_field(e.prev_hash))
      || CASE WHEN e.form = 2 THEN '' ELSE concat(',', public.audit_field(e.stream::text), ',', public.audit_field(e.stream_n::text), ',', public.audit_field(e.mac)) END
  END $$;

-- As before (20261128020002_audit_many and 20261126020001_write_walls), in form 3.
CREATE OR REPLACE FUNCTION audit_append_many(p_org uuid, p_events jsonb) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head public.audit_head; e public.audit_event; r record; tenant uuid := public.app_org();
  -- Within this function current_user is its owner; who called is the login, or the role it has taken on.
  caller text := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
BEGIN
  IF caller NOT IN ('overread_auth', 'overread_maintenance') THEN
    IF tenant IS NULL THEN RAISE EXCEPTION 'audit: no tenant is set' USING ERRCODE = '42501'; END IF;
    IF p_org IS DISTINCT FROM tenant AND NOT EXISTS (SELECT 1 FROM public.contract c
        WHERE (c.org_id = tenant AND c.reader_org_id = p_org) OR (c.reader_org_id = tenant AND c.org_id = p_org)) THEN
      RAISE EXCEPTION 'audit: this organisation is no partner' USING ERRCODE = '42501'; END IF;
  END IF;
  INSERT INTO public.audit_head (org_id, seq, hash) VALUES (p_org, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
  -- The lock keeps the chain in one line until the act itself commits.
  SELECT * INTO head FROM public.audit_head WHERE org_id = p_org FOR UPDATE;
  FOR r IN
    SELECT * FROM ROWS FROM (jsonb_to_recordset(p_events) AS (org uuid, kind text, id text, name text, action text, outcome text,
      patient uuid, study uuid, "case" uuid, details jsonb, request text)) WITH ORDINALITY ORDER BY ordinality
  LOOP
    IF caller = 'overread_auth' THEN
      IF r.org IS DISTINCT FROM p_org THEN RAISE EXCEPTION 'audit: sign-in appends to the chain of the one who signs in' USING ERRCODE = '42501'; END IF;
    ELSIF caller <> 'overread_maintenance' AND r.org IS DISTINCT FROM tenant THEN
      RAISE EXCEPTION 'audit: the actor is not of this organisation' USING ERRCODE = '42501';
    END IF;
    IF concat(r.kind, r.id, r.name, r.action, r.outcome, r.request) ~ '[\x01-\x1f\x7f]' THEN
      RAISE EXCEPTION 'audit: control characters are refused' USING ERRCODE = '22023'; END IF;
    e.org_id := p_org; e.seq := head.seq + 1; e.at := clock_timestamp(); e.actor_org_id := r.org; e.actor_kind := r.kind;
    e.actor_id := r.id; e.actor_name := r.name; e.action := r.action; e.outcome := r.outcome; e.patient_ref := r.patient;
    e.study_ref := r.study; e.case_id := r."case"; e.details := coalesce(r.details, '{}'); e.request_id := coalesce(r.request, '');
    e.prev_hash := head.hash;
    e.form := 3;
    e.hash := encode(sha256(convert_to(public.audit_canonical(e), 'UTF8')), 'hex');
    INSERT INTO public.audit_event SELECT e.*;
    head.seq := e.seq; head.hash := e.hash;
  END LOOP;
  UPDATE public.audit_head SET seq = head.seq, hash = head.hash WHERE org_id = p_org;
  RETURN head.seq;
END $$;
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
  e.form := 3;
  e.hash := encode(sha256(convert_to(public.audit_canonical(e), 'UTF8')), 'hex');
  INSERT INTO public.audit_event SELECT e.*;
  UPDATE public.audit_head SET seq = e.seq, hash = e.hash WHERE org_id = p_org;
  RETURN e.seq;
END $$;

-- Moves at most `p_limit` waiting reads into their chains, in the order in which they were written, and says how many. Taking out and
-- chaining are one transaction: whatever ends it in the middle, each read is in exactly one of the two tables.
--
-- For everybody (p_org null, maintenance alone) the first of several writers works and the others are told -1. For one organisation
-- (the application, its own) it waits its turn: who is about to search the trail wants all of it.
-- Chains are taken in the order of organisations, as the ends of transactions take them (src/server/db/at-commit.ts).
CREATE FUNCTION audit_chain_reads(p_org uuid, p_limit int) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  one_writer CONSTANT bigint := 7305810001;
  head public.audit_head; e public.audit_event; r public.audit_read; moved int := 0;
  caller text := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
BEGIN
  IF caller = 'overread_app' AND (p_org IS NULL OR p_org IS DISTINCT FROM public.app_org()) THEN
    RAISE EXCEPTION 'audit: not the chain of this organisation' USING ERRCODE = '42501'; END IF;
  IF p_org IS NOT NULL THEN PERFORM pg_advisory_xact_lock(one_writer);
  ELSIF NOT pg_try_advisory_xact_lock(one_writer) THEN RETURN -1; END IF;
  FOR r IN
    WITH taken AS (DELETE FROM public.audit_read WHERE id IN
      (SELECT w.id FROM public.audit_read w WHERE p_org IS NULL OR w.org_id = p_org ORDER BY w.id LIMIT p_limit) RETURNING *)
    SELECT * FROM taken ORDER BY org_id, id
  LOOP
    IF head.org_id IS DISTINCT FROM r.org_id THEN
      IF head.org_id IS NOT NULL THEN UPDATE public.audit_head SET seq = head.seq, hash = head.hash WHERE org_id = head.org_id; END IF;
      INSERT INTO public.audit_head (org_id, seq, hash) VALUES (r.org_id, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
      SELECT * INTO head FROM public.audit_head WHERE org_id = r.org_id FOR UPDATE;
    END IF;
    e.org_id := r.org_id; e.seq := head.seq + 1; e.at := r.at; e.actor_org_id := r.actor_org_id; e.actor_kind := r.actor_kind;
    e.actor_id := r.actor_id; e.actor_name := r.actor_name; e.action := r.action; e.outcome := r.outcome; e.patient_ref := r.patient_ref;
    e.study_ref := r.study_ref; e.case_id := r.case_id; e.details := r.details; e.request_id := r.request_id; e.prev_hash := head.hash;
    e.stream := r.stream; e.stream_n := r.stream_n; e.mac := r.mac; e.form := 3;
    e.hash := encode(sha256(convert_to(public.audit_canonical(e), 'UTF8')), 'hex');
    INSERT INTO public.audit_event SELECT e.*;
    head.seq := e.seq; head.hash := e.hash; moved := moved + 1;
  END LOOP;
  IF head.org_id IS NOT NULL THEN UPDATE public.audit_head SET seq = head.seq, hash = head.hash WHERE org_id = head.org_id; END IF;
  RETURN moved;
END $$;
REVOKE EXECUTE ON FUNCTION audit_chain_reads(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_chain_reads(uuid, int) TO overread_app, overread_maintenance;
