-- A preliminary report that nobody else of the group may go over is finalised by its author, and says so. Whether anybody else may is decided by
-- what is known of readers and rules (domain/assignment/who-finalises.ts); here the row has to be honest about what it is.
ALTER TABLE report_version ADD COLUMN final_by_author boolean NOT NULL DEFAULT false;
CREATE OR REPLACE FUNCTION guard_over_read() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own boolean := NEW.kind = 'final' AND coalesce(NEW.signed_by_id = (
    SELECT v.signed_by_id FROM public.report_version v WHERE v.case_id = NEW.case_id AND v.kind = 'preliminary' ORDER BY v.version DESC LIMIT 1), false);
BEGIN
  IF current_user <> 'overread_app' THEN RETURN NEW; END IF;
  IF own AND NOT NEW.final_by_author THEN
    RAISE EXCEPTION 'report_version: the preliminary report is gone over by somebody else' USING ERRCODE = '42501'; END IF;
  IF NEW.final_by_author AND NOT own THEN
    RAISE EXCEPTION 'report_version: only its author finalises his own preliminary report' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;

-- Nobody scores his own preliminary report.
CREATE FUNCTION guard_own_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND EXISTS (
    SELECT 1 FROM public.report_version v WHERE v.id = NEW.preliminary_version_id AND v.kind = 'preliminary' AND v.signed_by_id = NEW.by_id) THEN
    RAISE EXCEPTION 'over_read: nobody scores his own preliminary report' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_own_score BEFORE INSERT ON over_read FOR EACH ROW EXECUTE FUNCTION guard_own_score();
