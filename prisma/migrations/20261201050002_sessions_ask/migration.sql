-- A reader who signs in, comes back after a pause or whose session ends is another answer to who reads what. Whoever opens or ends a session need
-- not think of it, and the sign-in role writes no jobs: the row itself asks, for groups that have rules. Going quiet is told by time alone, and
-- found by the sweep.
CREATE FUNCTION ask_assignment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.assignment_rule_set r WHERE r.org_id = NEW.org_id)
    AND EXISTS (SELECT 1 FROM public.user_account u WHERE u.id = NEW.user_id AND 'radiologist' = ANY (u.roles)) THEN
    INSERT INTO public.outbox_job (org_id, name, payload, collapse_key)
    VALUES (NEW.org_id, 'assignment.run', jsonb_build_object('orgId', NEW.org_id), NEW.org_id::text);
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ask_assignment() FROM PUBLIC;
CREATE TRIGGER ask_assignment_opened AFTER INSERT ON session FOR EACH ROW EXECUTE FUNCTION ask_assignment();
CREATE TRIGGER ask_assignment_ended AFTER UPDATE OF revoked_at ON session FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION ask_assignment();
-- As long as readers count as signed in without a sign of life (domain/readers/reader-facts.ts).
CREATE TRIGGER ask_assignment_back AFTER UPDATE OF last_seen_at ON session FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.last_seen_at - OLD.last_seen_at > interval '10 minutes') EXECUTE FUNCTION ask_assignment();
