import { prompts, type Template } from "./template.ts";

export const generic: Template = {
  id: "generic",
  title: "General",
  modality: [],
  bodyPart: [],
  findings: "",
};

/** For whatever no template of one region covers, such as polytrauma or PET/CT. */
export const severalRegions: Template = {
  id: "several-regions",
  title: "General, several regions",
  modality: [],
  bodyPart: [],
  findings: prompts("Head and neck", "Chest", "Abdomen", "Pelvis", "Spine", "Limbs", "Vessels and lymph nodes"),
};
