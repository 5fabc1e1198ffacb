-- Where a session was opened from: shown to its owner, and a place that an account knows.
ALTER TABLE session ADD COLUMN address text NOT NULL DEFAULT '';

-- A password that somebody else has known opens the portal and signs nothing until it is changed.
ALTER TABLE credential ADD COLUMN must_change boolean NOT NULL DEFAULT false;

-- Links with which a person sets the first password of an account. Only the hash is kept; each works once.
CREATE TABLE invitation (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  token_sha256 text NOT NULL UNIQUE,
  invited_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3)
);
CREATE INDEX invitation_user_id_idx ON invitation (user_id);

-- Authenticator app of an account. The secret is encrypted with a key that the database does not hold; recovery codes are hashes.
CREATE TABLE second_factor (
  user_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  secret text NOT NULL,
  confirmed_at timestamptz(3),
  last_step bigint NOT NULL DEFAULT 0,
  recovery_sha256 text[] NOT NULL DEFAULT '{}'
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['invitation', 'second_factor'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
  END LOOP;
END $$;

-- An administrator makes links and ends them; only the sign-in role can look one up by its hash and give an account a password by it.
CREATE POLICY tenant ON invitation TO overread_app USING (org_id = app_org()) WITH CHECK (org_id = app_org());
CREATE POLICY auth ON invitation TO overread_auth USING (true) WITH CHECK (true);
GRANT SELECT (id, user_id, org_id, created_at, expires_at, used_at), INSERT, UPDATE (used_at) ON invitation TO overread_app;
GRANT SELECT, UPDATE (used_at) ON invitation TO overread_auth;
CREATE POLICY invited ON credential FOR INSERT TO overread_auth
  WITH CHECK (EXISTS (SELECT 1 FROM invitation i WHERE i.user_id = credential.user_id AND i.org_id = credential.org_id AND i.used_at IS NOT NULL));
GRANT INSERT ON credential TO overread_auth;

-- Second factors are the sign-in role's alone: the application neither reads nor removes one.
CREATE POLICY auth ON second_factor TO overread_auth USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factor TO overread_auth;
GRANT SELECT ON invitation, second_factor TO overread_maintenance;
GRANT DELETE ON second_factor TO overread_maintenance;
