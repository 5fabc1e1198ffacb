-- Which hospitals the caller reads for is asked once per statement, not once per destination of every hospital there is: a worklist asks of
-- each case whether its facility has a PACS, and the planner reads the table once for all of them.
ALTER POLICY partner ON destination USING (kind = 'dicom'
  AND org_id IN (SELECT c.org_id FROM public.contract c WHERE c.reader_org_id = (SELECT app_org())));
