-- Why a case stands where it stands, and why a prior is one, are codes with parameters (shared/reasons.ts): rows keep no sentences. The
-- sentences that there are become the codes they were made of; one that nobody wrote goes, and comes anew with the next look at the case.
CREATE FUNCTION pg_temp.minutes_of(span text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN span LIKE '%minute%' THEN 1 ELSE 60 END * split_part(span, ' ', 1)::numeric $$;

CREATE FUNCTION pg_temp.reason_of(words text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('code', r.code, 'params', coalesce(r.params, '{}'::jsonb)) FROM (SELECT
    CASE
      WHEN words IN ('STAT', 'Urgent', 'Routine') THEN 'asked-for'
      WHEN words = 'Overdue' THEN 'overdue'
      WHEN words LIKE 'Due within %' THEN 'due-within'
      WHEN words = 'CT of the head' THEN 'head-ct'
      WHEN words = 'CT for pulmonary embolism' THEN 'pulmonary-embolism-ct'
      WHEN words = 'The request names an emergency' THEN 'emergency-named'
      WHEN words LIKE 'Patient under %' THEN 'patient-under'
      WHEN words LIKE 'Waiting over %' THEN 'waiting-over'
      WHEN words LIKE 'Same modality (%' THEN 'same-modality'
      WHEN words LIKE 'Same region (%' THEN 'same-region'
      WHEN words LIKE 'Neighbouring region (%' THEN 'neighbouring-region'
      WHEN words LIKE 'Same side (%' THEN 'same-side'
      WHEN words LIKE 'Other side (%' THEN 'other-side'
      WHEN words = 'Same day' OR words LIKE '% earlier' THEN 'earlier'
    END AS code,
    CASE
      WHEN words IN ('STAT', 'Urgent', 'Routine') THEN jsonb_build_object('priority', lower(words))
      WHEN words LIKE 'Due within %' THEN jsonb_build_object('minutes', pg_temp.minutes_of(substr(words, 12))::int)
      WHEN words LIKE 'Waiting over %' THEN jsonb_build_object('minutes', pg_temp.minutes_of(substr(words, 14))::int)
      WHEN words LIKE 'Patient under %' THEN jsonb_build_object('years', split_part(words, ' ', 3)::int)
      WHEN words LIKE 'Same modality (%' THEN jsonb_build_object('modality', substring(words FROM '\((.*)\)$'))
      WHEN words LIKE '% region (%' THEN jsonb_build_object('regions', string_to_array(substring(words FROM '\((.*)\)$'), ', '))
      WHEN words LIKE '% side (%' THEN jsonb_build_object('side', substring(words FROM '\((.*)\)$'))
      WHEN words = 'Same day' THEN jsonb_build_object('days', 0)
      -- Rounded so that the same words are made of it again.
      WHEN words LIKE '% months earlier' THEN jsonb_build_object('days', least(729, ceil(split_part(words, ' ', 1)::numeric * 30.44))::int)
      WHEN words LIKE '% years earlier' THEN jsonb_build_object('days', greatest(730, ceil(split_part(words, ' ', 1)::numeric * 365.25))::int)
      WHEN words LIKE '% earlier' THEN jsonb_build_object('days', split_part(words, ' ', 1)::int)
    END AS params) r
  WHERE r.code IS NOT NULL $$;

CREATE FUNCTION pg_temp.reasons_of(sentences text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(pg_temp.reason_of(s.words) ORDER BY s.place) FILTER (WHERE pg_temp.reason_of(s.words) IS NOT NULL), '[]'::jsonb)
  FROM unnest(sentences) WITH ORDINALITY AS s (words, place) $$;

UPDATE reading_case c SET priority_reasons = (
  SELECT coalesce(jsonb_agg(pg_temp.reason_of(r.item->>'text') || jsonb_build_object('points', r.item->'points') ORDER BY r.place)
    FILTER (WHERE pg_temp.reason_of(r.item->>'text') IS NOT NULL), '[]'::jsonb)
  FROM jsonb_array_elements(c.priority_reasons) WITH ORDINALITY AS r (item, place))
WHERE c.priority_reasons <> '[]'::jsonb;

ALTER TABLE case_prior ALTER COLUMN reasons TYPE jsonb USING pg_temp.reasons_of(reasons);
ALTER TABLE case_prior ALTER COLUMN reasons SET DEFAULT '[]', ALTER COLUMN reasons SET NOT NULL;
