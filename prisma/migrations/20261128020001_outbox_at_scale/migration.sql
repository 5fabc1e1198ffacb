-- The relay asks per name for what is due and not carried, and for the next time something is; the sweep for what was carried and is
-- not finished; a job that begins for the others of its kind and key; the purge for what is done. One index for each question, and
-- none beside: every job passes through all of them three times.
DROP INDEX outbox_job_due;
DROP INDEX outbox_job_collapse;
DROP INDEX outbox_job_done_at_failed_at_run_at_idx;
CREATE INDEX outbox_job_to_carry ON outbox_job (name, run_at, id)
  WHERE done_at IS NULL AND failed_at IS NULL AND relayed_at IS NULL;
CREATE INDEX outbox_job_carried ON outbox_job (relayed_at, id)
  WHERE done_at IS NULL AND failed_at IS NULL AND relayed_at IS NOT NULL;
CREATE INDEX outbox_job_done ON outbox_job (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_job_failed ON outbox_job (failed_at) WHERE failed_at IS NOT NULL;

-- A row is written three times and read while it is open: the dead ones go soon.
ALTER TABLE outbox_job SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
