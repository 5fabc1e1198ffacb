-- What somebody is told: a licence that ends, a case whose time runs out. Codes and ids alone, since rows like these are what mails are made of.
CREATE TABLE notice (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  -- Of the person, whoever caused it.
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  params jsonb NOT NULL DEFAULT '{}',
  case_id uuid,
  -- The same for everybody who is told of one thing.
  matter text NOT NULL CHECK (length(matter) BETWEEN 1 AND 200),
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  acknowledged_at timestamptz(3),
  acknowledged_by_id uuid,
  CHECK ((acknowledged_at IS NULL) = (acknowledged_by_id IS NULL))
);
-- Nobody is told of one thing twice, whoever asks for it, and how often.
CREATE UNIQUE INDEX notice_once ON notice (user_id, matter);
CREATE INDEX notice_inbox ON notice (user_id, at DESC);
CREATE INDEX notice_matter ON notice (org_id, matter);
CREATE INDEX notice_at ON notice (at);

-- A case that this organisation has, as hospital or as reading group.
CREATE FUNCTION is_case_here(p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN p_id IS NULL OR EXISTS (SELECT 1 FROM public.reading_case c WHERE c.id = p_id); END $$;

ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON notice TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON notice TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON notice TO overread_app USING (org_id = (SELECT app_org()))
  WITH CHECK (org_id = (SELECT app_org()) AND is_staff_of(org_id, user_id) AND is_staff_of(org_id, acknowledged_by_id) AND is_case_here(case_id));
GRANT SELECT, INSERT, UPDATE (acknowledged_at, acknowledged_by_id) ON notice TO overread_app;
GRANT SELECT, DELETE ON notice TO overread_maintenance;
