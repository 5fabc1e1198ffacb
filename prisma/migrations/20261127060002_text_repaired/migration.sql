-- In which character set the text of a study was read because it could not be in the declared one; empty when it is as declared.
ALTER TABLE study ADD COLUMN text_repaired_as text NOT NULL DEFAULT '';
