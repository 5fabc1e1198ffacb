-- Prepared answers named Modalities in Study without a value where no modality is known; clients stumble over that.
UPDATE study SET qido_json = replace(qido_json, '"00080061":{"vr":"CS"},', '') WHERE qido_json LIKE '%"00080061":{"vr":"CS"},%';
