import { prompts, type Template } from "./template.ts";

export const ctHead: Template = {
  id: "ct-head",
  title: "CT head",
  modality: ["CT"],
  bodyPart: ["head"],
  findings: prompts(
    "Parenchyma",
    "Haemorrhage",
    "Ventricles and cisterns",
    "Midline",
    "Vessels",
    "Orbits, sinuses and mastoids",
    "Skull and soft tissues",
  ),
};

export const ctHeadNormal: Template = {
  ...ctHead,
  id: "ct-head-normal",
  title: "CT head, normal",
  normal: true,
  findings: `Parenchyma: Normal attenuation. Grey-white differentiation is preserved. No mass.
Haemorrhage: None.
Ventricles and cisterns: Normal in size and configuration for age.
Midline: No shift.
Vessels: No hyperdense vessel.
Orbits, sinuses and mastoids: Clear.
Skull and soft tissues: No fracture.`,
  impression: "No acute intracranial abnormality.",
};

export const ctChest: Template = {
  id: "ct-chest",
  title: "CT chest",
  modality: ["CT"],
  bodyPart: ["chest"],
  findings: prompts(
    "Lungs and airways",
    "Pleura",
    "Heart and pericardium",
    "Mediastinum and hila",
    "Great vessels",
    "Chest wall and axillae",
    "Upper abdomen",
    "Bones",
  ),
};

export const ctChestNormal: Template = {
  ...ctChest,
  id: "ct-chest-normal",
  title: "CT chest, normal",
  normal: true,
  findings: `Lungs and airways: No nodule, mass or consolidation. Airways are patent.
Pleura: No effusion or pneumothorax.
Heart and pericardium: Heart size is normal. No pericardial effusion.
Mediastinum and hila: No enlarged lymph nodes.
Great vessels: Normal calibre.
Chest wall and axillae: Unremarkable.
Upper abdomen: Unremarkable as far as shown.
Bones: No suspicious lesion.`,
  impression: "Normal CT of the chest.",
};

export const ctAbdomen: Template = {
  id: "ct-abdomen",
  title: "CT abdomen and pelvis",
  modality: ["CT"],
  bodyPart: ["abdomen", "pelvis"],
  findings: prompts(
    "Lower chest",
    "Liver",
    "Gallbladder and bile ducts",
    "Pancreas",
    "Spleen",
    "Adrenals",
    "Kidneys and ureters",
    "Bowel and appendix",
    "Peritoneum",
    "Vessels and lymph nodes",
    "Bladder and pelvic organs",
    "Bones and soft tissues",
  ),
};
