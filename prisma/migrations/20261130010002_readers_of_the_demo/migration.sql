-- Operators load the demo's readers in the transaction that makes its organisations.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['reader_profile', 'reader_licence', 'facility_privilege', 'reader_shift', 'reader_group', 'work_unit_table'] LOOP
    EXECUTE format('GRANT INSERT ON %I TO overread_maintenance', t);
  END LOOP;
END $$;
