-- An address is unique within its organisation, not across them: making an account must not tell an administrator who has one
-- elsewhere. Sign-in looks the address up and lets the password say which of its accounts is meant.
DROP INDEX user_account_email_key;
CREATE UNIQUE INDEX user_account_org_id_email_key ON user_account (org_id, email);
CREATE INDEX user_account_email_idx ON user_account (email);
