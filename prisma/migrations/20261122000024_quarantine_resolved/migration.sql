-- What a person decided about a version that was set aside: `discarded` stays aside for good; `superseded` was served until another
-- version of the same UID was released in its place. Both are kept with their objects.
ALTER TYPE "InstanceStatus" ADD VALUE 'discarded';
ALTER TYPE "InstanceStatus" ADD VALUE 'superseded';
ALTER TABLE instance ADD COLUMN resolved_at timestamptz(3), ADD COLUMN resolved_by_id uuid, ADD COLUMN resolution_reason text;
-- The few that wait for a decision, newest first.
CREATE INDEX instance_quarantined ON instance (org_id, received_at DESC, id) WHERE status = 'quarantined';
CREATE INDEX instance_resolved ON instance (org_id, received_at DESC, id) WHERE resolved_at IS NOT NULL;
