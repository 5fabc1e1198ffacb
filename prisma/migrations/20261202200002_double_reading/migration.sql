-- Two independent readings. Each is a signed version like any other, but it is for nobody else until both are kept: not for the second reader, not
-- for colleagues, and never for the hospital, whose report is the final one. The wall is here, so that every door has it.
ALTER TABLE service_level DROP CONSTRAINT service_level_first_reading,
  ADD CONSTRAINT service_level_first_reading CHECK (first_reading IN ('final', 'preliminary', 'double'));
ALTER TABLE report_version
  ADD COLUMN blind boolean NOT NULL DEFAULT false,
  -- Of a final version: [{ name, personName, qualification, signedAt, agreed }], who read it independently besides its signer.
  ADD COLUMN co_readers jsonb NOT NULL DEFAULT '[]',
  ADD CONSTRAINT report_version_blind CHECK (NOT blind OR kind = 'preliminary');

-- Who has kept a reading of a case of the caller's group, oldest first: without a word of it.
CREATE FUNCTION kept_readings(p_case uuid)
  RETURNS TABLE (id uuid, signed_by_id uuid, name text, person_name text, qualification text, signed_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT v.id, v.signed_by_id, v.signed_by_name, v.signed_by_person_name, v.signed_by_qualification, v.signed_at
        FROM public.report_version v WHERE v.case_id = p_case AND v.blind AND v.reader_org_id = public.app_org() ORDER BY v.version $$;
REVOKE ALL ON FUNCTION kept_readings(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kept_readings(uuid) TO overread_app;

-- Whether both are kept stands on the case, so that what lets a reading be seen asks no function about each row. The database alone says so.
ALTER TABLE reading_case ADD COLUMN both_read boolean NOT NULL DEFAULT false;
CREATE FUNCTION guard_both_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' THEN
    RAISE EXCEPTION 'reading_case: two kept readings say that both have read it, nobody else' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_both_read BEFORE UPDATE ON reading_case FOR EACH ROW
  WHEN (NEW.both_read IS DISTINCT FROM OLD.both_read) EXECUTE FUNCTION guard_both_read();
CREATE TRIGGER guard_both_read_at_first BEFORE INSERT ON reading_case FOR EACH ROW WHEN (NEW.both_read) EXECUTE FUNCTION guard_both_read();

CREATE POLICY blind ON report_version AS RESTRICTIVE FOR SELECT TO overread_app
  USING (NOT blind OR (reader_org_id = (SELECT app_org()) AND (signed_by_id = (SELECT app_user())
    OR EXISTS (SELECT 1 FROM reading_case c WHERE c.id = report_version.case_id AND c.both_read))));

-- A case is read once by each of two, and where they differ a third decides.
CREATE OR REPLACE FUNCTION guard_over_read() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own boolean;
  readers uuid[];
BEGIN
  IF current_user <> 'overread_app' THEN RETURN NEW; END IF;
  readers := ARRAY(SELECT k.signed_by_id FROM public.kept_readings(NEW.case_id) k);
  IF NEW.blind THEN
    IF NEW.signed_by_id = ANY(readers) OR cardinality(readers) >= 2 OR EXISTS (
      SELECT 1 FROM public.report_version v WHERE v.case_id = NEW.case_id AND NOT v.blind) THEN
      RAISE EXCEPTION 'report_version: two people read a case, each once' USING ERRCODE = '42501'; END IF;
    RETURN NEW; END IF;
  IF cardinality(readers) > 0 AND NEW.kind <> 'addendum' THEN
    IF NEW.kind = 'preliminary' OR cardinality(readers) < 2 OR NEW.final_by_author THEN
      RAISE EXCEPTION 'report_version: two independent readings come first' USING ERRCODE = '42501'; END IF;
    IF NEW.signed_by_id = ANY(readers) AND EXISTS (
      SELECT 1 FROM public.over_read o WHERE o.case_id = NEW.case_id AND (o.score >= 3 OR o.significant)) THEN
      RAISE EXCEPTION 'report_version: where two readers differ a third decides' USING ERRCODE = '42501'; END IF;
    RETURN NEW; END IF;
  own := NEW.kind = 'final' AND coalesce(NEW.signed_by_id = (
    SELECT v.signed_by_id FROM public.report_version v WHERE v.case_id = NEW.case_id AND v.kind = 'preliminary' ORDER BY v.version DESC LIMIT 1), false);
  IF own AND NOT NEW.final_by_author THEN
    RAISE EXCEPTION 'report_version: the preliminary report is gone over by somebody else' USING ERRCODE = '42501'; END IF;
  IF NEW.final_by_author AND NOT own THEN
    RAISE EXCEPTION 'report_version: only its author finalises his own preliminary report' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;

-- The draft of the first reading goes with its signature, that nobody reads it; of the second its author goes on from it.
CREATE OR REPLACE FUNCTION settle_draft() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  both_kept boolean := NEW.blind AND (SELECT count(*) >= 2 FROM public.report_version v WHERE v.case_id = NEW.case_id AND v.blind);
BEGIN
  IF both_kept THEN UPDATE public.reading_case SET both_read = true WHERE id = NEW.case_id; END IF;
  IF NEW.kind = 'final' OR (NEW.blind AND NOT both_kept) THEN DELETE FROM public.report_draft WHERE case_id = NEW.case_id;
  ELSIF NEW.kind = 'preliminary' AND NOT NEW.blind THEN UPDATE public.report_draft SET author_id = NULL WHERE case_id = NEW.case_id; END IF;
  RETURN NULL;
END $$;
