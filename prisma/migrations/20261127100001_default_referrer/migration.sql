-- Who gets the studies that name no referring physician is now chosen by a site administrator on the facility's page, and a study says
-- that it was shared for that reason. Until now nobody could see or choose it: nobody has, so it is off, and what it shared is withdrawn.
ALTER TABLE study ADD COLUMN referrer_by_default boolean NOT NULL DEFAULT false;
UPDATE facility SET default_referrer_id = NULL WHERE default_referrer_id IS NOT NULL;
UPDATE study SET referrer_id = NULL WHERE referrer_id IS NOT NULL AND btrim(referring_physician_name, ' ^=') = '';
