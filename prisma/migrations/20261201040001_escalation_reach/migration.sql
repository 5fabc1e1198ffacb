-- Whom a step of the pool reached: readers who were there, all who may read the case since none was, or the lead since nobody may.
ALTER TABLE escalation_step ADD COLUMN reach text CHECK (reach IN ('there', 'all', 'lead'));
