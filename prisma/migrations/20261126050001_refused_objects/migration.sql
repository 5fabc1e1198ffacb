-- Objects that an edge router reports as refused for good, by itself or by the archive. UIDs are empty where they could not be read.
CREATE TABLE refused_object (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  edge_id uuid NOT NULL,
  study_instance_uid text NOT NULL DEFAULT '',
  sop_instance_uid text NOT NULL DEFAULT '',
  reason text NOT NULL,
  calling_ae_title text NOT NULL DEFAULT '',
  received_at timestamptz(3) NOT NULL,
  reported_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (edge_id, study_instance_uid, sop_instance_uid, reason)
);
CREATE INDEX refused_object_study ON refused_object (org_id, study_instance_uid);
ALTER TABLE refused_object ENABLE ROW LEVEL SECURITY;
ALTER TABLE refused_object FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON refused_object TO overread_app USING (org_id = app_org()) WITH CHECK (org_id = app_org());
CREATE POLICY maintenance ON refused_object TO overread_maintenance USING (true) WITH CHECK (true);
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON refused_object TO %I USING (true) WITH CHECK (true)', current_user); END $$;
GRANT SELECT, INSERT, DELETE ON refused_object TO overread_app;
GRANT SELECT ON refused_object TO overread_maintenance;

-- How many images of the study are among them: what the reader must know, without the rows of the hospital's own.
ALTER TABLE study ADD COLUMN refused_instances int NOT NULL DEFAULT 0;
-- Of how many refused images somebody has said: read without them. More than that, and it has to be said again.
ALTER TABLE reading_case ADD COLUMN read_without int NOT NULL DEFAULT 0, ADD COLUMN read_without_by_id uuid,
  ADD COLUMN read_without_at timestamptz(3);
