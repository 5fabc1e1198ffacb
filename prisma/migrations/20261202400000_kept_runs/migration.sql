-- A run is kept whole, or as what is other than in the run before it: of thousands of cases a run changes a few.
-- Both null: whole. No foreign keys: rows of one chain are deleted together, and a run that never was is never followed.
ALTER TABLE assignment_run ADD COLUMN follows_id uuid, ADD COLUMN base_id uuid,
  ADD CONSTRAINT assignment_run_chain CHECK ((follows_id IS NULL) = (base_id IS NULL));
CREATE INDEX assignment_run_chained ON assignment_run (base_id) WHERE base_id IS NOT NULL;
