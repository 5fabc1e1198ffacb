-- Instance-level DICOM JSON as QIDO answers it, built once at ingest like that of study and series.
ALTER TABLE instance ADD COLUMN qido_json text NOT NULL DEFAULT '{}';
-- The sweep asks which objects have a row.
CREATE INDEX instance_object ON instance USING hash (data_set_sha256);
