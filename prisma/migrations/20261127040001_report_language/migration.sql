-- What language a report is written in (RFC 5646), as its writer says; empty where nobody has said.
ALTER TABLE report_draft ADD COLUMN language text NOT NULL DEFAULT '';
ALTER TABLE report_version ADD COLUMN language text NOT NULL DEFAULT '';
-- A reader goes on in the language of the last report signed for the same hospital.
CREATE INDEX report_version_signer ON report_version (signed_by_id, org_id, signed_at DESC);
