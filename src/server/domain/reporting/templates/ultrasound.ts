import { prompts, type Template } from "./template.ts";

export const ultrasound: Template = {
  id: "ultrasound",
  title: "Ultrasound",
  modality: ["US"],
  bodyPart: [],
  findings: prompts("Organs examined", "Measurements", "Doppler", "Free fluid"),
};
