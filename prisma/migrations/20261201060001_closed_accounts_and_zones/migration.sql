-- A closed account reads nothing any more: what it had open is free for a colleague at once, not when the lease ends. Whoever closes it need not
-- think of that. The draft stays.
CREATE FUNCTION end_claims_of_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE ended record;
BEGIN
  FOR ended IN
    UPDATE public.reading_case c SET claimed_until = clock_timestamp()
    WHERE c.id = ANY(ARRAY(SELECT l.id FROM public.reading_case l WHERE l.claimed_by_id = NEW.id AND l.claimed_until > clock_timestamp() ORDER BY l.id FOR UPDATE))
    RETURNING c.id, c.org_id, c.reader_org_id, c.study_ref
  LOOP
    PERFORM pg_notify('overread_live', json_build_object('topic', 'case.changed', 'orgIds', json_build_array(ended.org_id, ended.reader_org_id),
      'caseId', ended.id, 'studyId', ended.study_ref)::text);
  END LOOP;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_claims_of_closed() FROM PUBLIC;
CREATE TRIGGER end_claims_of_closed AFTER UPDATE OF deactivated_at ON user_account FOR EACH ROW
  WHEN (OLD.deactivated_at IS NULL AND NEW.deactivated_at IS NOT NULL) EXECUTE FUNCTION end_claims_of_closed();

-- An alarm is written together with the mails that it becomes: one person's zone that this database does not know kept it from everybody. Such a
-- person has no quiet hours.
CREATE OR REPLACE FUNCTION quiet_end(p_at timestamptz, p_zone text, p_from int, p_until int) RETURNS timestamptz LANGUAGE plpgsql STABLE
  AS $$
DECLARE
  here timestamp;
  today timestamp;
  minute int;
BEGIN
  IF p_from IS NULL OR p_from = p_until THEN RETURN p_at; END IF;
  here := p_at AT TIME ZONE p_zone;
  today := pg_catalog.date_trunc('day', here);
  minute := extract(hour FROM here)::int * 60 + extract(minute FROM here)::int;
  IF p_from < p_until THEN
    IF minute < p_from OR minute >= p_until THEN RETURN p_at; END IF;
  ELSIF minute >= p_from THEN
    today := today + interval '1 day';
  ELSIF minute >= p_until THEN
    RETURN p_at;
  END IF;
  RETURN (today + p_until * interval '1 minute') AT TIME ZONE p_zone;
EXCEPTION WHEN invalid_parameter_value THEN RETURN p_at;
END $$;
