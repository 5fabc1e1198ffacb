-- Documents of licences, as files in the object store. Insert-only: what was shown to whoever checked a licence stays.
CREATE TABLE licence_document (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  licence_id uuid NOT NULL,
  media_type text NOT NULL CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
  size_bytes int NOT NULL CHECK (size_bytes > 0),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  object_key text NOT NULL,
  by_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX licence_document_once ON licence_document (licence_id, sha256);
ALTER TABLE licence_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE licence_document FORCE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY owner ON licence_document TO %I USING (true) WITH CHECK (true)', current_user); END $$;
CREATE POLICY maintenance ON licence_document TO overread_maintenance USING (true) WITH CHECK (true);
CREATE POLICY tenant ON licence_document FOR SELECT TO overread_app USING (org_id = (SELECT app_org()));
CREATE POLICY own_insert ON licence_document FOR INSERT TO overread_app
  WITH CHECK (org_id = (SELECT app_org()) AND is_licence_of(org_id, licence_id) AND is_staff_of(org_id, by_id)
    AND object_key LIKE 'licences/' || org_id || '/%');
GRANT SELECT, INSERT ON licence_document TO overread_app;
GRANT SELECT ON licence_document TO overread_maintenance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licence_document FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON licence_document FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
