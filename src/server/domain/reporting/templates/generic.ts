import type { Template } from "./template.ts";

export const generic: Template = {
  id: "generic",
  title: "General",
  modality: [],
  bodyPart: [],
  technique: "",
  findings: "",
};
