-- A case that is held or cancelled: since when, by whom, why, and where it goes back to.
ALTER TABLE reading_case ADD COLUMN paused_from "CaseState", ADD COLUMN paused_at timestamptz(3), ADD COLUMN paused_by_id uuid,
  ADD COLUMN paused_reason text;
