-- Hanging protocols that readers keep, each its own or for the whole group: shared/hanging/protocol.ts.
CREATE TABLE hanging_protocol (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  is_shared boolean NOT NULL DEFAULT false,
  document jsonb NOT NULL,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3)
);
CREATE INDEX hanging_protocol_org ON hanging_protocol (org_id) WHERE removed_at IS NULL;
ALTER TABLE hanging_protocol ENABLE ROW LEVEL SECURITY;
ALTER TABLE hanging_protocol FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON hanging_protocol TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON hanging_protocol TO overread_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON hanging_protocol TO overread_maintenance;
CREATE POLICY tenant ON hanging_protocol TO overread_app USING (org_id = (SELECT app_org()))
  WITH CHECK (org_id = (SELECT app_org()) AND is_staff_of(org_id, owner_id));
GRANT SELECT, INSERT, UPDATE ON hanging_protocol TO overread_app;
