-- What follows an over-read that differs: its author says that he has seen it, once; and what the lead did about it, as often as something was
-- done. Both outlive the notice, are for the reading group alone, and are only ever added to.
CREATE FUNCTION is_over_read_of(p_org uuid, p_reader uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.over_read o WHERE o.id = p_id AND o.org_id = p_org AND o.reader_org_id = p_reader); END $$;

CREATE TABLE over_read_seen (
  over_read_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE over_read_closure (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  over_read_id uuid NOT NULL,
  org_id uuid NOT NULL,
  reader_org_id uuid NOT NULL,
  -- What was done.
  note text NOT NULL CHECK (length(note) BETWEEN 3 AND 1000),
  -- When the hospital was told; null: it was not.
  site_told_at timestamptz(3) CHECK (site_told_at <= at + interval '5 minutes'),
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX over_read_closure_of ON over_read_closure (over_read_id, at);
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['over_read_seen', 'over_read_closure'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY reader ON %I TO overread_app USING (reader_org_id = (SELECT app_org()))
      WITH CHECK (reader_org_id = (SELECT app_org()) AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org()))
        AND is_over_read_of(org_id, reader_org_id, over_read_id) AND is_staff_of(reader_org_id, by_id))', t);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO overread_app', t);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', t);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite()', t);
  END LOOP;
END $$;

-- Nobody sees it in the author's place.
CREATE FUNCTION guard_over_read_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'overread_app' AND NOT EXISTS (
    SELECT 1 FROM public.over_read o JOIN public.report_version v ON v.id = o.preliminary_version_id
    WHERE o.id = NEW.over_read_id AND v.signed_by_id = NEW.by_id) THEN
    RAISE EXCEPTION 'over_read_seen: the author of the preliminary report says it himself' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_over_read_seen BEFORE INSERT ON over_read_seen FOR EACH ROW EXECUTE FUNCTION guard_over_read_seen();

-- What was acknowledged in the inbox so far.
INSERT INTO over_read_seen (over_read_id, org_id, reader_org_id, by_id, at)
SELECT o.id, o.org_id, o.reader_org_id, n.user_id, n.acknowledged_at
FROM notice n JOIN over_read o ON n.matter = 'over-read-differs ' || o.id
  JOIN report_version v ON v.id = o.preliminary_version_id AND v.signed_by_id = n.user_id
WHERE n.kind = 'over-read-differs' AND n.acknowledged_at IS NOT NULL;
