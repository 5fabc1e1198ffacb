import { prompts, type Template } from "./template.ts";

export const chestRadiograph: Template = {
  id: "chest-radiograph",
  title: "Chest radiograph",
  modality: ["CR", "DX", "RG"],
  bodyPart: ["chest"],
  findings: prompts("Lines and tubes", "Lungs", "Pleura", "Heart and mediastinum", "Bones and soft tissues"),
};

export const chestRadiographNormal: Template = {
  ...chestRadiograph,
  id: "chest-radiograph-normal",
  title: "Chest radiograph, normal",
  normal: true,
  findings: `Lungs: Clear.
Pleura: No effusion or pneumothorax.
Heart and mediastinum: Normal size and contour.
Bones and soft tissues: Unremarkable.`,
  impression: "No acute cardiopulmonary abnormality.",
};

export const radiograph: Template = {
  id: "radiograph",
  title: "Radiograph",
  modality: ["CR", "DX", "RG"],
  bodyPart: [],
  findings: prompts("Bones", "Joints", "Soft tissues"),
};

export const mammography: Template = {
  id: "mammography",
  title: "Mammography",
  modality: ["MG"],
  bodyPart: [],
  findings: prompts(
    "Breast composition (BI-RADS density)",
    "Right breast: masses",
    "Right breast: calcifications",
    "Right breast: asymmetry or distortion",
    "Left breast: masses",
    "Left breast: calcifications",
    "Left breast: asymmetry or distortion",
    "Axillae and skin",
  ),
};
