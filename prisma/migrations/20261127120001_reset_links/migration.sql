-- A link may also let a person who forgot the password set a new one. Where a link was used from is kept; NULL is not used:
-- open, out of date, or ended by a newer one or a change of the password. Links made at the server name no administrator.
ALTER TABLE invitation ADD COLUMN resets boolean NOT NULL DEFAULT false, ADD COLUMN used_from text;
ALTER TABLE invitation ALTER COLUMN invited_by DROP NOT NULL;
ALTER POLICY tenant ON invitation WITH CHECK (org_id = (SELECT app_org())
  AND is_staff_of(org_id, user_id) AND is_staff_of(org_id, invited_by));
-- A person is told who made a link for the account.
GRANT SELECT (invited_by, resets, used_from) ON invitation TO overread_app;
GRANT INSERT, UPDATE (used_at) ON invitation TO overread_maintenance;
GRANT UPDATE (used_from) ON invitation TO overread_auth;

-- The sign-in role changes the password of an account in the transaction that uses up a link of it, and in no other.
CREATE POLICY reset ON credential FOR UPDATE TO overread_auth
  USING (EXISTS (SELECT 1 FROM invitation i WHERE i.user_id = credential.user_id AND i.org_id = credential.org_id
    AND i.resets AND i.used_from IS NOT NULL AND i.used_at = now()::timestamptz(3)));
GRANT UPDATE (password_hash, changed_at, must_change) ON credential TO overread_auth;
