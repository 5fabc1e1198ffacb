-- A reader keeps the next few cases for himself while he is at work: a claim of a second kind, shorter, and written into the case itself,
-- so that one conditional update decides between it and every claim.
ALTER TABLE reading_case
  ADD COLUMN reserved_by_id uuid,
  -- The session it was made in; it ends with it.
  ADD COLUMN reserved_in uuid,
  ADD COLUMN reserved_at timestamptz(3),
  ADD COLUMN reserved_until timestamptz(3),
  ADD CONSTRAINT reservation_whole CHECK (num_nonnulls(reserved_by_id, reserved_in, reserved_at, reserved_until) IN (0, 4));
CREATE INDEX reading_case_reserved ON reading_case (reserved_by_id) WHERE reserved_by_id IS NOT NULL;

-- Whoever ends a session (signing out, an administrator, a password changed) need not think of what was reserved in it.
CREATE FUNCTION end_reservations() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE ended record;
BEGIN
  FOR ended IN
    UPDATE public.reading_case c SET reserved_by_id = NULL, reserved_in = NULL, reserved_at = NULL, reserved_until = NULL
    WHERE c.id = ANY(ARRAY(SELECT l.id FROM public.reading_case l WHERE l.reserved_by_id = OLD.user_id AND l.reserved_in = OLD.id ORDER BY l.id FOR UPDATE))
    RETURNING c.id, c.org_id, c.reader_org_id, c.study_ref
  LOOP
    PERFORM pg_notify('overread_live', json_build_object('topic', 'case.changed', 'orgIds', json_build_array(ended.org_id, ended.reader_org_id),
      'caseId', ended.id, 'studyId', ended.study_ref)::text);
  END LOOP;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_reservations() FROM PUBLIC;
CREATE TRIGGER end_reservations AFTER UPDATE OF revoked_at ON session FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION end_reservations();
