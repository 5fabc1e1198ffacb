-- What a contract asks for besides time: whether a case is read for good at once, or first as preliminary and gone over by somebody else; and the
-- language of its reports (shared/report-languages.ts), empty: any. With the version, since a case keeps what it was promised under.
ALTER TABLE service_level
  ADD COLUMN first_reading text NOT NULL DEFAULT 'final',
  ADD COLUMN report_language text NOT NULL DEFAULT '',
  ADD CONSTRAINT service_level_first_reading CHECK (first_reading IN ('final', 'preliminary'));
