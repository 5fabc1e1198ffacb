-- Somebody decided how soon a case is to be read: the class, what the hospital had asked for when he did, who, when and why. It stands until
-- the hospital asks for something else.
ALTER TABLE reading_case
  ADD COLUMN decided_priority "CasePriority",
  ADD COLUMN decided_over "CasePriority",
  ADD COLUMN decided_by_id uuid,
  ADD COLUMN decided_at timestamptz(3),
  ADD COLUMN decided_reason text CHECK (length(decided_reason) BETWEEN 3 AND 300),
  ADD CONSTRAINT decision_whole CHECK (num_nonnulls(decided_priority, decided_over, decided_by_id, decided_at, decided_reason) IN (0, 5));
