-- A facility's short name is its hospital's own affair: with one name for everybody, making a facility told an operator's script, and a
-- hospital waited for, what another had called its own.
DROP INDEX "facility_slug_key";
DROP INDEX "facility_org_id_idx";
CREATE UNIQUE INDEX "facility_org_id_slug_key" ON "facility"("org_id", "slug");
