-- What rows of the newer tables point at is of the same organisation, as for the older ones (20261126020001_write_walls).
ALTER POLICY tenant ON invitation WITH CHECK (org_id = (SELECT app_org()) AND is_staff_of(org_id, user_id));
ALTER POLICY tenant ON refused_object WITH CHECK (org_id = (SELECT app_org())
  AND EXISTS (SELECT 1 FROM public.edge_router e WHERE e.id = edge_id AND e.org_id = refused_object.org_id));
