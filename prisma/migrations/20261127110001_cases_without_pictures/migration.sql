-- Plans, doses, segmentations, presentation states, key object selections and documents that came alone were opened as cases before
-- only pictures were. Those that nobody has begun are closed unread; nothing is deleted, a manager may reinstate one, and it opens by
-- itself when pictures come (`openCase`). Where something was set aside or refused it may have been a picture: left as it is.
DO $$
DECLARE closed record;
BEGIN
  FOR closed IN
    UPDATE reading_case c SET state = 'cancelled', paused_from = c.state, paused_at = clock_timestamp(), paused_by_id = NULL,
      paused_reason = 'No pictures came: there is nothing to read.', updated_at = clock_timestamp()
    FROM study s
    WHERE s.id = c.study_ref AND c.state IN ('arriving', 'unread') AND coalesce(c.claimed_until <= clock_timestamp(), true)
      AND NOT s.has_pictures AND s.number_of_instances > s.own_documents AND s.quarantined_instances = 0 AND s.refused_instances = 0
      AND NOT EXISTS (SELECT 1 FROM report_draft d WHERE d.case_id = c.id)
      AND NOT EXISTS (SELECT 1 FROM report_version v WHERE v.case_id = c.id)
    RETURNING c.id, c.org_id, c.paused_from, s.id AS study, s.patient_ref AS patient
  LOOP
    -- On the hospital's trail, as its own product.
    PERFORM set_config('app.org_id', closed.org_id::text, true);
    PERFORM audit_append(closed.org_id, closed.org_id, 'system', 'migration', 'Overread', 'case.cancel', 'success', closed.patient, closed.study, closed.id,
      jsonb_build_object('from', closed.paused_from, 'to', 'cancelled', 'reason', 'No pictures came: there is nothing to read.'), 'migration');
  END LOOP;
  PERFORM set_config('app.org_id', '', true);
END $$;
