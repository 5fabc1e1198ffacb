-- Free-text search of the worklist by trigrams. The extension comes with Postgres (contrib) and is trusted: the owner of the database may
-- install it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX study_text ON study USING gin (patient_name_search gin_trgm_ops, patient_id gin_trgm_ops, accession_number gin_trgm_ops,
  study_description gin_trgm_ops);
-- A study's row is updated with every batch of images: with room on its page none of its indexes is touched.
ALTER TABLE study SET (fillfactor = 70);

-- LIKE is not leak-proof, so under row-level security no index serves it: every row of the tenant would be read first. This function
-- looks as the owner, and shows nothing but ids of studies that the caller's organisation sees anyway. The patterns of one kind are
-- alternatives; those that are not needed are null. Never by reading the table from its beginning: that is quick for a text that half the
-- studies hold, and slow for the small hospital that has none of them.
CREATE FUNCTION study_text_matches(name_1 text, name_2 text, name_3 text, starts text, words_1 text, words_2 text, most int)
  RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET plan_cache_mode = force_custom_plan
  SET enable_seqscan = off AS $$
DECLARE caller uuid := app_org();
BEGIN
  RETURN QUERY SELECT s.id FROM study s
    WHERE (s.org_id = caller OR s.reader_org_id = caller)
      AND (s.patient_name_search LIKE name_1 OR s.patient_name_search LIKE name_2 OR s.patient_name_search LIKE name_3
        OR s.patient_id ILIKE starts OR s.accession_number ILIKE starts
        OR s.study_description ILIKE words_1 OR s.study_description ILIKE words_2)
    LIMIT most;
END $$;
REVOKE EXECUTE ON FUNCTION study_text_matches(text, text, text, text, text, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION study_text_matches(text, text, text, text, text, text, int) TO overread_app;
