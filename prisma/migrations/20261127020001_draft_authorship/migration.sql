-- A draft is its author's: nobody else writes on it or signs it before having taken it over, in a deliberate act. NULL: the words are
-- those of the preliminary report, which its signer has handed to whoever goes over it.
ALTER TABLE report_draft ALTER COLUMN author_id DROP NOT NULL;
UPDATE report_draft d SET author_id = NULL WHERE EXISTS (
  SELECT 1 FROM report_version v WHERE v.case_id = d.case_id AND v.kind = 'preliminary' AND v.signed_by_id = d.author_id AND v.signed_at >= d.updated_at);
ALTER POLICY reader_write ON report_draft WITH CHECK (reader_org_id = (SELECT app_org())
  AND org_id IN (SELECT c.org_id FROM contract c WHERE c.reader_org_id = (SELECT app_org()))
  AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, author_id));

-- Each time a draft went from its author to somebody else, with every word as the author left it: taken over (the words go on) or set
-- aside (the other began anew). Insert-only, and for the reading group alone.
CREATE TABLE draft_handover (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  case_id uuid NOT NULL,
  act text NOT NULL CHECK (act IN ('taken-over', 'set-aside')),
  version int NOT NULL,
  template_id text NOT NULL,
  sections jsonb NOT NULL,
  key_images jsonb NOT NULL,
  author_id uuid NOT NULL,
  written_at timestamptz(3) NOT NULL,
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX draft_handover_case ON draft_handover (case_id);
ALTER TABLE draft_handover ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft_handover FORCE ROW LEVEL SECURITY;
CREATE POLICY reader ON draft_handover TO overread_app USING (reader_org_id = (SELECT app_org()))
  WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM contract c WHERE c.reader_org_id = (SELECT app_org()))
    AND is_case_of(org_id, reader_org_id, case_id) AND is_staff_of(reader_org_id, author_id) AND is_staff_of(reader_org_id, by_id));
CREATE POLICY maintenance ON draft_handover TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON draft_handover TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT ON draft_handover TO overread_app;
GRANT SELECT ON draft_handover TO overread_maintenance;

-- The database refuses it too: an author is only replaced with the hand-over on record.
CREATE FUNCTION guard_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND NEW.author_id IS DISTINCT FROM OLD.author_id AND OLD.author_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM public.draft_handover h
    WHERE h.case_id = OLD.case_id AND h.version = OLD.version AND h.author_id = OLD.author_id AND h.by_id = NEW.author_id) THEN
    RAISE EXCEPTION 'report_draft: another''s draft has to be taken over first' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON report_draft FOR EACH ROW EXECUTE FUNCTION guard_draft();
CREATE FUNCTION guard_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND NEW.kind <> 'addendum' AND EXISTS (
    SELECT 1 FROM public.report_draft d WHERE d.case_id = NEW.case_id AND d.author_id <> NEW.signed_by_id) THEN
    RAISE EXCEPTION 'report_version: another''s draft is not signed' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON report_version FOR EACH ROW EXECUTE FUNCTION guard_signature();

-- What becomes of a draft when it is signed: after the final signature it goes, its words are in the version; after a preliminary one
-- it is nobody's own any more. The application itself deletes no draft.
CREATE FUNCTION settle_draft() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.kind = 'final' THEN DELETE FROM public.report_draft WHERE case_id = NEW.case_id;
  ELSIF NEW.kind = 'preliminary' THEN UPDATE public.report_draft SET author_id = NULL WHERE case_id = NEW.case_id; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settle_draft AFTER INSERT ON report_version FOR EACH ROW EXECUTE FUNCTION settle_draft();
REVOKE DELETE ON report_draft FROM overread_app;
