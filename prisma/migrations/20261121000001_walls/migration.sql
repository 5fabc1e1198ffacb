-- The database's own wall between tenants, and the tables nobody may rewrite.
-- Roles exist before this runs (src/server/db/roles.ts): they are cluster-wide and need passwords.
--   overread_app          web, dicomweb, worker: sees one organisation per transaction (app.org_id)
--   overread_auth         sign-in, tokens, edge enrolment: finds who is calling, touches no patient data
--   overread_maintenance  operator commands, outbox relay, sweeps: across tenants, audited

-- After a transaction the setting is an empty string, not null.
CREATE FUNCTION app_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.org_id', true), '')::uuid $$;

-- One stored version per SOP Instance UID and tenant, further versions are quarantined beside it.
CREATE UNIQUE INDEX instance_one_stored ON instance (org_id, sop_instance_uid) WHERE status = 'stored';
CREATE INDEX outbox_job_due ON outbox_job (run_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX case_lease ON reading_case (claimed_until) WHERE claimed_until IS NOT NULL;

DO $$
DECLARE t text; predicate text;
BEGIN
  FOREACH t IN ARRAY ARRAY['facility','user_account','credential','session','api_token','edge_router','enrollment_code','outbox_job'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO overread_app USING (org_id = app_org()) WITH CHECK (org_id = app_org())', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['contract','patient','study','series','instance','reading_case','case_prior','report_draft','report_version','report_document','delivery'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO overread_app USING (org_id = app_org() OR reader_org_id = app_org()) WITH CHECK (org_id = app_org() OR reader_org_id = app_org())', t);
  END LOOP;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\_prisma%' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    -- The owner runs the functions below and the migrations, when it is no superuser it needs a policy too.
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
  END LOOP;
END $$;

-- An organisation sees itself and the other side of its contracts (names on worklists and reports).
CREATE FUNCTION contract_partner(other uuid) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT EXISTS (SELECT 1 FROM contract WHERE (org_id = app_org() AND reader_org_id = other) OR (reader_org_id = app_org() AND org_id = other)) $$;
CREATE POLICY tenant ON organization TO overread_app USING (id = app_org() OR contract_partner(id));
-- A reading group sees the facilities it reads for.
CREATE POLICY partner ON facility FOR SELECT TO overread_app USING (contract_partner(org_id));
-- Who read and who asked are named across a contract, addresses and roles are theirs alone (column grants below cannot tell rows apart,
-- so this goes through a function that returns the name only).
CREATE FUNCTION staff_name(user_id uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$ SELECT u.display_name FROM user_account u WHERE u.id = user_id
        AND (u.org_id = app_org() OR EXISTS (SELECT 1 FROM contract c WHERE (c.org_id = app_org() AND c.reader_org_id = u.org_id) OR (c.reader_org_id = app_org() AND c.org_id = u.org_id))) $$;

-- The referring physician of a study that names one, for whichever side receives it.
CREATE FUNCTION referrer_for(hospital uuid, normalised_name text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$ SELECT u.id FROM user_account u WHERE u.org_id = hospital AND hospital = app_org() AND normalised_name <> ''
        AND normalised_name = ANY (u.referrer_names) AND u.deactivated_at IS NULL ORDER BY u.created_at LIMIT 1 $$;

CREATE POLICY tenant ON audit_event FOR SELECT TO overread_app USING (org_id = app_org() OR actor_org_id = app_org());
-- A job concerns the hospital's data, yet the reading group's act causes it.
CREATE POLICY partner_insert ON outbox_job FOR INSERT TO overread_app WITH CHECK (contract_partner(org_id));

-- The sign-in role finds callers across tenants and writes nothing but sessions, attempts, tokens and enrolments.
CREATE POLICY auth ON organization FOR SELECT TO overread_auth USING (true);
CREATE POLICY auth ON facility FOR SELECT TO overread_auth USING (true);
CREATE POLICY auth ON user_account FOR SELECT TO overread_auth USING (true);
CREATE POLICY auth ON credential FOR SELECT TO overread_auth USING (true);
CREATE POLICY auth ON session TO overread_auth USING (true) WITH CHECK (true);
CREATE POLICY auth ON api_token TO overread_auth USING (true) WITH CHECK (true);
CREATE POLICY auth ON sign_in_attempt TO overread_auth USING (true) WITH CHECK (true);
CREATE POLICY auth ON edge_router TO overread_auth USING (true) WITH CHECK (true);
CREATE POLICY auth ON enrollment_code TO overread_auth USING (true) WITH CHECK (true);
CREATE POLICY auth ON edge_nonce TO overread_auth USING (true) WITH CHECK (true);

-- Audit: one chain per organisation, appended to by this function alone.
CREATE FUNCTION audit_canonical(e audit_event) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT concat_ws(E'\x1f', e.org_id, e.seq, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_org_id, e.actor_kind, e.actor_id, e.actor_name,
         e.action, e.outcome, coalesce(e.patient_ref::text, '-'), coalesce(e.study_ref::text, '-'), coalesce(e.case_id::text, '-'), e.details::text, e.request_id, e.prev_hash) $$;
CREATE FUNCTION audit_append(p_org uuid, p_actor_org uuid, p_actor_kind text, p_actor_id text, p_actor_name text, p_action text, p_outcome text,
    p_patient uuid, p_study uuid, p_case uuid, p_details jsonb, p_request text) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE head audit_head; e audit_event;
BEGIN
  IF app_org() IS NOT NULL AND p_actor_org <> app_org() THEN RAISE EXCEPTION 'audit: the actor is not of this organisation'; END IF;
  INSERT INTO audit_head (org_id, seq, hash) VALUES (p_org, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
  -- The lock keeps the chain in one line until the act itself commits.
  SELECT * INTO head FROM audit_head WHERE org_id = p_org FOR UPDATE;
  e.org_id := p_org; e.seq := head.seq + 1; e.at := clock_timestamp(); e.actor_org_id := p_actor_org; e.actor_kind := p_actor_kind;
  e.actor_id := p_actor_id; e.actor_name := p_actor_name; e.action := p_action; e.outcome := p_outcome; e.patient_ref := p_patient;
  e.study_ref := p_study; e.case_id := p_case; e.details := coalesce(p_details, '{}'); e.request_id := coalesce(p_request, ''); e.prev_hash := head.hash;
  e.hash := encode(sha256(convert_to(audit_canonical(e), 'UTF8')), 'hex');
  INSERT INTO audit_event SELECT e.*;
  UPDATE audit_head SET seq = e.seq, hash = e.hash WHERE org_id = p_org;
  RETURN e.seq;
END $$;

CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON report_version FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON report_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON report_document FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON report_document FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- The relay sleeps until a job is written.
CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('overread_outbox', ''); RETURN NULL; END $$;
CREATE TRIGGER wake AFTER INSERT ON outbox_job FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();

GRANT USAGE ON SCHEMA public TO overread_app, overread_auth, overread_maintenance;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT ON organization, audit_event TO overread_app;
GRANT SELECT, INSERT, UPDATE ON facility, contract, user_account, session, api_token, edge_router, enrollment_code, outbox_job,
  patient, study, series, instance, reading_case, delivery TO overread_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_prior, report_draft TO overread_app;
GRANT SELECT, INSERT ON report_version, report_document TO overread_app;
-- The application can set a password, and cannot read one.
GRANT SELECT (user_id, org_id), INSERT, UPDATE ON credential TO overread_app;

GRANT SELECT ON organization, facility, user_account, credential TO overread_auth;
GRANT SELECT, INSERT, UPDATE ON session, api_token, edge_router, enrollment_code TO overread_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempt, edge_nonce TO overread_auth;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO overread_maintenance;
GRANT INSERT, UPDATE ON organization, facility, contract, user_account, credential, session, api_token, edge_router, enrollment_code, study, instance, reading_case, delivery TO overread_maintenance;
GRANT INSERT, UPDATE, DELETE ON outbox_job, edge_nonce, sign_in_attempt TO overread_maintenance;

REVOKE EXECUTE ON FUNCTION audit_append(uuid, uuid, text, text, text, text, text, uuid, uuid, uuid, jsonb, text), staff_name(uuid), referrer_for(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(uuid, uuid, text, text, text, text, text, uuid, uuid, uuid, jsonb, text) TO overread_app, overread_auth, overread_maintenance;
GRANT EXECUTE ON FUNCTION staff_name(uuid), referrer_for(uuid, text) TO overread_app, overread_maintenance;
