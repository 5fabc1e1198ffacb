-- The numbers above the worklist ask of every open case whether its study misses images. Nearly none does: the few that do are found here.
CREATE INDEX study_missing_images ON study (id) WHERE refused_instances + damaged_instances > 0;
