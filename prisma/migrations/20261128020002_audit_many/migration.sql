-- The events that one transaction adds to one chain, in their order: as audit_append for each of them, with the same refusals, but the
-- chain's head is looked up, locked and moved once. A batch of jobs writes hundreds.
CREATE FUNCTION audit_append_many(p_org uuid, p_events jsonb) RETURNS bigint
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
    e.form := 2;
    e.hash := encode(sha256(convert_to(public.audit_canonical(e), 'UTF8')), 'hex');
    INSERT INTO public.audit_event SELECT e.*;
    head.seq := e.seq; head.hash := e.hash;
  END LOOP;
  UPDATE public.audit_head SET seq = head.seq, hash = head.hash WHERE org_id = p_org;
  RETURN head.seq;
END $$;
REVOKE EXECUTE ON FUNCTION audit_append_many(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append_many(uuid, jsonb) TO overread_app, overread_auth, overread_maintenance;
