-- How much of each series was on the signer's screen: [{ seriesInstanceUid, total, shown }], as his viewer told it; null: it told nothing.
ALTER TABLE report_version ADD COLUMN images_shown jsonb CHECK (images_shown IS NULL OR jsonb_typeof(images_shown) = 'array');
