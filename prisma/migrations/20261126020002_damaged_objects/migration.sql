-- When a scrub found the object of an image missing or damaged; empty again once its bytes are back. Set by maintenance alone.
ALTER TABLE instance ADD COLUMN damaged_at timestamptz(3);
CREATE INDEX instance_damaged ON instance (org_id, damaged_at) WHERE damaged_at IS NOT NULL;
