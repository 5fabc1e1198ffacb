-- What was found when a lossless rendition of an image's frames was last asked for: where each frame is in it, or that none is worth it.
-- Bound to the image by its row: of other bytes it is another row.
ALTER TABLE instance ADD COLUMN rendition jsonb;
GRANT UPDATE (rendition) ON instance TO overread_app;
