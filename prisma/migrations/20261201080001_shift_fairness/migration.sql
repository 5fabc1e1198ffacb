-- How evenly the work of a shift was spread, as it was published when the shift was over. A row is never changed: what is signed later is the next
-- shift's. A shift is a span that the roster had for at least one reader; the figures are of everybody who was there meanwhile.
CREATE TABLE shift_fairness (
  org_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  -- Whose shift it was, from its beginning to its end.
  reader_ids uuid[] NOT NULL CHECK (cardinality(reader_ids) > 0),
  -- Of work units per hour on shift (domain/assignment/engine/fairness.ts).
  jain double precision NOT NULL CHECK (jain BETWEEN 0 AND 1),
  gini double precision NOT NULL CHECK (gini BETWEEN 0 AND 1),
  -- How many readers these two are of.
  readers int NOT NULL CHECK (readers >= 0),
  cases int NOT NULL CHECK (cases >= 0),
  -- Of each: [{ readerId, cases, workUnits, hours }].
  loads jsonb NOT NULL CHECK (jsonb_typeof(loads) = 'array'),
  published_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (org_id, ends_at, starts_at),
  CHECK (starts_at < ends_at AND ends_at <= published_at)
);
ALTER TABLE shift_fairness ENABLE ROW LEVEL SECURITY;
ALTER TABLE shift_fairness FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON shift_fairness TO overread_app USING (org_id = (SELECT app_org()))
  WITH CHECK (org_id = (SELECT app_org()) AND are_staff_of(org_id, reader_ids)
    AND are_staff_of(org_id, ARRAY(SELECT (l ->> 'readerId')::uuid FROM jsonb_array_elements(loads) l)));
CREATE POLICY maintenance ON shift_fairness TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON shift_fairness TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT ON shift_fairness TO overread_app;
GRANT SELECT ON shift_fairness TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON shift_fairness FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON shift_fairness FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
