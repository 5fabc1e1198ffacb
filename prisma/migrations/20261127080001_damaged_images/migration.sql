-- Objects of images that were found missing or damaged, until and after their bytes are back. Written by maintenance; the
-- application notes only when it asked the sender.
CREATE TABLE damaged_object (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  instance_id uuid NOT NULL,
  study_ref uuid NOT NULL,
  fault text NOT NULL,
  found_by text NOT NULL,
  found_at timestamptz(3) NOT NULL DEFAULT now(),
  backup_looked_at timestamptz(3),
  sender_asked_at timestamptz(3),
  healed_at timestamptz(3),
  healed_from text
);
CREATE UNIQUE INDEX damaged_object_open ON damaged_object (instance_id) WHERE healed_at IS NULL;
CREATE INDEX damaged_object_study ON damaged_object (study_ref);
CREATE INDEX damaged_object_org ON damaged_object (org_id, found_at);
ALTER TABLE damaged_object ENABLE ROW LEVEL SECURITY;
ALTER TABLE damaged_object FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON damaged_object TO overread_app USING (org_id = app_org()) WITH CHECK (org_id = app_org());
CREATE POLICY maintenance ON damaged_object TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON damaged_object TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, UPDATE (sender_asked_at) ON damaged_object TO overread_app;
GRANT SELECT, INSERT, UPDATE ON damaged_object TO overread_maintenance;

-- How many images of the study that is: what the reader must know.
ALTER TABLE study ADD COLUMN damaged_instances int NOT NULL DEFAULT 0;

INSERT INTO damaged_object (org_id, instance_id, study_ref, fault, found_by, found_at)
SELECT org_id, id, study_ref, 'corrupt', 'scrub', damaged_at FROM instance WHERE damaged_at IS NOT NULL;
UPDATE study s SET damaged_instances = n.count FROM (
  SELECT study_ref, count(*)::int FROM instance WHERE damaged_at IS NOT NULL AND status = 'stored' AND source <> 'report' GROUP BY study_ref
) n WHERE n.study_ref = s.id;
