-- The technologist's look at a study before it is read: what he adds, and that he is done. Asked for by a facility that wants it.
ALTER TABLE facility ADD COLUMN tech_check boolean NOT NULL DEFAULT false;
ALTER TABLE reading_case ADD COLUMN tech_checked_at timestamptz(3), ADD COLUMN tech_checked_by_id uuid,
  ADD CHECK ((tech_checked_at IS NULL) = (tech_checked_by_id IS NULL));

CREATE TYPE "TechCheckKind" AS ENUM ('history', 'document', 'complete', 'undone');
CREATE TABLE tech_check_entry (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  case_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  kind "TechCheckKind" NOT NULL,
  -- The history in the site's words: the newest counts, an empty one takes it back. Of a document, the code of what it is.
  text text NOT NULL DEFAULT '' CHECK (length(text) <= 4000),
  instance_id uuid,
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK ((kind = 'document') = (instance_id IS NOT NULL))
);
CREATE INDEX tech_check_entry_case ON tech_check_entry (case_id, at);

ALTER TABLE tech_check_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE tech_check_entry FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON tech_check_entry TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON tech_check_entry TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON tech_check_entry FOR SELECT TO overread_app USING (org_id = (SELECT app_org()) OR reader_org_id = (SELECT app_org()));
-- The hospital alone writes, in the name of its own people, and names documents of the very study.
CREATE POLICY hospital_insert ON tech_check_entry FOR INSERT TO overread_app WITH CHECK (org_id = (SELECT app_org())
  AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(org_id, by_id)
  AND (instance_id IS NULL OR EXISTS (SELECT 1 FROM public.instance i JOIN public.reading_case c ON c.study_ref = i.study_ref
    WHERE i.id = instance_id AND c.id = case_id)));
GRANT SELECT, INSERT ON tech_check_entry TO overread_app;
GRANT SELECT ON tech_check_entry TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tech_check_entry FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON tech_check_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE FUNCTION guard_tech_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND (NEW.org_id IS DISTINCT FROM public.app_org() OR NOT public.is_staff_of(NEW.org_id, NEW.tech_checked_by_id)) THEN
    RAISE EXCEPTION 'reading_case: a check is its hospital''s' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_tech_check BEFORE UPDATE ON reading_case FOR EACH ROW
  WHEN ((NEW.tech_checked_at, NEW.tech_checked_by_id) IS DISTINCT FROM (OLD.tech_checked_at, OLD.tech_checked_by_id)) EXECUTE FUNCTION guard_tech_check();
