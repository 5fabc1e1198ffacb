import { prompts, type Template } from "./template.ts";

export const mrBrain: Template = {
  id: "mr-brain",
  title: "MR brain",
  modality: ["MR"],
  bodyPart: ["head"],
  findings: prompts(
    "Diffusion",
    "Parenchyma",
    "Haemorrhage",
    "Ventricles and extra-axial spaces",
    "Sella and posterior fossa",
    "Vessels and flow voids",
    "Orbits, sinuses and mastoids",
    "Calvarium",
  ),
};
