import { prompts, type Template } from "./template.ts";

export const ultrasound: Template = {
  id: "ultrasound",
  title: "Ultrasound",
  modality: ["US"],
  bodyPart: [],
  technique: "Ultrasound.",
  findings: prompts("Organs examined", "Measurements", "Doppler", "Free fluid"),
};
