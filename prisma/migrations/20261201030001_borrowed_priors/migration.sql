-- Borrowed priors: a study of another hospital, or of another reading group, is readable by one reader while he holds the claim of a case
-- of the same person, under terms of both contracts.

-- What a contract says of priors, in versions: the newest holds, at once. None: neither lends nor borrows.
CREATE TABLE prior_terms (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  contract_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  -- The group's readers may open the hospital's studies for cases of others.
  lends boolean NOT NULL,
  -- Cases of this contract may be read with studies that others lend.
  borrows boolean NOT NULL,
  created_by_id uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX prior_terms_contract ON prior_terms (contract_id, id);

-- That a study was lent to a claim. Never changed; it counts while the claim of that number runs.
CREATE TABLE borrowed_prior (
  case_id uuid NOT NULL,
  study_ref uuid NOT NULL,
  claim_token bigint NOT NULL,
  -- Whose the study is, and whose reader borrows it.
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  borrowed_by_id uuid NOT NULL,
  borrowed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  relevance int NOT NULL,
  reasons jsonb NOT NULL,
  PRIMARY KEY (case_id, study_ref, claim_token)
);
CREATE INDEX borrowed_prior_study ON borrowed_prior (study_ref);
-- The running claims of a reader: few.
CREATE INDEX reading_case_claimed ON reading_case (claimed_by_id) WHERE claimed_by_id IS NOT NULL;
-- Of whom studies are looked for in all hospitals that lend.
CREATE INDEX patient_of_issuer ON patient (issuer, patient_id) WHERE issuer <> '' AND unidentified_in = '';

-- The person who asks; null for programs.
CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;

-- Whether a case of the one may be read with a study of the other, as both contracts with the group say now. Of several contracts in force
-- the one of the facility decides, then the latest, as for everything else (domain/contract-in-force.ts).
CREATE FUNCTION prior_terms_in_force(p_org uuid, p_facility uuid, p_reader uuid) RETURNS TABLE (lends boolean, borrows boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT t.lends, t.borrows FROM (
          SELECT c.id FROM public.contract c WHERE c.org_id = p_org AND c.reader_org_id = p_reader AND (c.facility_id IS NULL OR c.facility_id = p_facility)
            AND c.starts_at <= now() AND (c.ends_at IS NULL OR c.ends_at > now())
          ORDER BY c.facility_id NULLS LAST, c.starts_at DESC, c.id LIMIT 1) k,
        LATERAL (SELECT v.lends, v.borrows FROM public.prior_terms v WHERE v.contract_id = k.id ORDER BY v.id DESC LIMIT 1) t
        WHERE p_reader = public.app_org() $$;

-- The running claims of the person who asks.
CREATE FUNCTION own_claims() RETURNS TABLE (case_id uuid, claim_token bigint, org_id uuid, facility_id uuid, study_ref uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT c.id, c.claim_token, c.org_id, c.facility_id, c.study_ref FROM public.reading_case c
        WHERE c.claimed_by_id = public.app_user() AND c.reader_org_id = public.app_org() AND c.claimed_until > clock_timestamp()
          AND c.state IN ('unread', 'claimed', 'drafted', 'preliminary') $$;

-- What is lent to the person who asks, at this moment, and under which claims.
CREATE FUNCTION lent_now() RETURNS TABLE (study_ref uuid, case_id uuid, claim_token bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.app_user() IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT b.study_ref, b.case_id, b.claim_token
    FROM public.own_claims() c
    JOIN public.borrowed_prior b ON b.case_id = c.case_id AND b.claim_token = c.claim_token
      AND b.borrowed_by_id = public.app_user() AND b.reader_org_id = public.app_org()
    JOIN public.study s ON s.id = b.study_ref AND s.org_id = b.org_id AND s.patient_conflicts = '{}'
    JOIN public.study own ON own.id = c.study_ref AND own.patient_conflicts = '{}'
    WHERE EXISTS (SELECT 1 FROM public.prior_terms_in_force(c.org_id, c.facility_id, public.app_org()) t WHERE t.borrows)
      AND EXISTS (SELECT 1 FROM public.prior_terms_in_force(s.org_id, s.facility_id, public.app_org()) t WHERE t.lends);
END $$;
-- As one array: a policy asks it once in a statement, and can still use an index.
CREATE FUNCTION lent_studies() RETURNS uuid[] LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF coalesce(current_setting('app.user_id', true), '') = '' THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT l.study_ref FROM public.lent_now() l);
END $$;

-- The studies of others that may be of the patient of a claimed case: the same ID of the same issuer, the same birth date and sex, a word of
-- the name in common, and nothing in doubt on either side. Who they really are is compared by the rules of domain/patient-identity.ts.
CREATE FUNCTION lendable_studies(p_case uuid) RETURNS SETOF study
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c record; own public.study; id public.patient;
BEGIN
  SELECT * INTO c FROM public.own_claims() o WHERE o.case_id = p_case;
  IF NOT FOUND THEN RETURN; END IF;
  IF NOT EXISTS (SELECT 1 FROM public.prior_terms_in_force(c.org_id, c.facility_id, public.app_org()) t WHERE t.borrows) THEN RETURN; END IF;
  SELECT * INTO own FROM public.study s WHERE s.id = c.study_ref;
  SELECT * INTO id FROM public.patient p WHERE p.id = own.patient_ref AND p.issuer <> '' AND p.unidentified_in = '';
  IF id.id IS NULL OR own.patient_conflicts <> '{}' OR trim(own.patient_birth_date) !~ '^\d{8}$' OR upper(trim(own.patient_sex)) NOT IN ('M', 'F', 'O')
    OR EXISTS (SELECT 1 FROM public.case_prior p WHERE p.case_id = c.case_id AND p.identity = 'conflict') THEN RETURN; END IF;
  RETURN QUERY SELECT s.* FROM public.patient p JOIN public.study s ON s.patient_ref = p.id AND s.org_id = p.org_id
    WHERE p.issuer = id.issuer AND p.patient_id = id.patient_id AND p.issuer <> '' AND p.unidentified_in = ''
      AND p.org_id IN (SELECT k.org_id FROM public.contract k WHERE k.reader_org_id = public.app_org())
      AND s.id <> own.id AND s.number_of_instances > 0 AND s.patient_conflicts = '{}'
      AND trim(s.patient_birth_date) = trim(own.patient_birth_date) AND upper(trim(s.patient_sex)) = upper(trim(own.patient_sex))
      AND EXISTS (SELECT 1 FROM regexp_split_to_table(own.patient_name_search, '[ =]+') AS w (word)
        WHERE length(w.word) > 1 AND w.word = ANY (regexp_split_to_array(s.patient_name_search, '[ =]+')))
      AND NOT EXISTS (SELECT 1 FROM public.case_prior a WHERE a.case_id = c.case_id AND a.study_ref = s.id)
      AND EXISTS (SELECT 1 FROM public.prior_terms_in_force(s.org_id, s.facility_id, public.app_org()) t WHERE t.lends)
    ORDER BY s.study_date DESC, s.id LIMIT 200;
END $$;

-- The only way to write the fact: for the caller's own running claim, of studies that the function above allows.
CREATE FUNCTION borrow_priors(p_case uuid, p_studies jsonb) RETURNS TABLE (study_ref uuid, org_id uuid, patient_ref uuid, claim_token bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH written AS (
      INSERT INTO public.borrowed_prior (case_id, study_ref, claim_token, org_id, reader_org_id, borrowed_by_id, relevance, reasons)
      SELECT c.case_id, s.id, c.claim_token, s.org_id, public.app_org(), public.app_user(), r.relevance, r.reasons
      FROM jsonb_to_recordset(p_studies) AS r (study uuid, relevance int, reasons jsonb)
        JOIN public.lendable_studies(p_case) s ON s.id = r.study
        JOIN public.own_claims() c ON c.case_id = p_case
      ON CONFLICT DO NOTHING RETURNING study_ref, org_id, claim_token)
    SELECT w.study_ref, w.org_id, s.patient_ref, w.claim_token FROM written w JOIN public.study s ON s.id = w.study_ref;
END $$;

DO $$
DECLARE t text; me text := '(SELECT app_org())';
BEGIN
  FOREACH t IN ARRAY ARRAY['prior_terms', 'borrowed_prior'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO overread_app USING (org_id = %s OR reader_org_id = %s)', t, me, me);
    EXECUTE format('GRANT SELECT ON %I TO overread_app, overread_maintenance', t);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite()', t);
  END LOOP;
  -- The hospital says what of it is lent, and what its cases are read with.
  EXECUTE format('CREATE POLICY hospital_insert ON prior_terms FOR INSERT TO overread_app
    WITH CHECK (org_id = %s AND is_contract_between(org_id, reader_org_id, contract_id) AND is_staff_of(org_id, created_by_id))', me);
  GRANT INSERT ON prior_terms TO overread_app;
  -- What is lent is seen by who borrowed it, as long as his claim runs: the study, its series, images, and the reports that are final.
  CREATE POLICY lent ON study FOR SELECT TO overread_app USING (id = ANY ((SELECT lent_studies())::uuid[]));
  CREATE POLICY lent ON series FOR SELECT TO overread_app USING (study_ref = ANY ((SELECT lent_studies())::uuid[]));
  CREATE POLICY lent ON instance FOR SELECT TO overread_app USING (study_ref = ANY ((SELECT lent_studies())::uuid[]));
  CREATE POLICY lent ON report_version FOR SELECT TO overread_app USING (kind <> 'preliminary' AND study_ref = ANY ((SELECT lent_studies())::uuid[]));
END $$;

REVOKE EXECUTE ON FUNCTION prior_terms_in_force(uuid, uuid, uuid), own_claims(), lent_now(), lendable_studies(uuid), borrow_priors(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prior_terms_in_force(uuid, uuid, uuid), own_claims(), lent_now(), lendable_studies(uuid), borrow_priors(uuid, jsonb) TO overread_app;
