-- A job that starts takes the waiting rows of its kind and key with it.
CREATE INDEX outbox_job_open_collapse ON outbox_job (name, collapse_key)
  WHERE done_at IS NULL AND failed_at IS NULL AND collapse_key IS NOT NULL;
