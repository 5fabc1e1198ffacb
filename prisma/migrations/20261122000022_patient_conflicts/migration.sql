-- Which of the patient's attributes contradict each other among a study's images: patient-id, issuer, name, birth-date.
ALTER TABLE study ADD COLUMN patient_conflicts text[] NOT NULL DEFAULT '{}';
