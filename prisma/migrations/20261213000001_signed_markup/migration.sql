-- What was drawn and how it was looked at, as signed; and the objects that are made from it. Of presentations there may be several.
ALTER TABLE report_version ADD COLUMN markup jsonb NOT NULL DEFAULT '{"measurements": [], "presentations": []}';
ALTER TYPE "DocumentKind" ADD VALUE 'measurements';
ALTER TYPE "DocumentKind" ADD VALUE 'presentation';
ALTER TABLE report_document DROP CONSTRAINT report_document_pkey;
ALTER TABLE report_document ADD CONSTRAINT report_document_pkey PRIMARY KEY (report_version_id, kind, instance_id);
