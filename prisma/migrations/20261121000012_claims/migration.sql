-- When the running claim began (a renewal moves only its end), so that a loser is told how long ago.
ALTER TABLE reading_case ADD COLUMN claimed_at timestamptz(3);

-- The order of the worklist, for either side of the contract: one page is one walk along the index.
CREATE INDEX reading_case_reader_order ON reading_case (reader_org_id, priority_score DESC, due_at, created_at, id);
CREATE INDEX reading_case_hospital_order ON reading_case (org_id, priority_score DESC, due_at, created_at, id);
CREATE INDEX case_prior_study ON case_prior (study_ref);
CREATE INDEX outbox_job_collapse ON outbox_job (collapse_key) WHERE done_at IS NULL AND failed_at IS NULL;
