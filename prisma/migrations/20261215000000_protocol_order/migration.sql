-- The order of a reader's hanging protocols: what is kept last comes first until he says otherwise.
ALTER TABLE hanging_protocol ADD COLUMN place int NOT NULL DEFAULT 0;
