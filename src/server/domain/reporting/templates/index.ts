import { formatDate, parseDate } from "@overread/shared/dicom/dates";
import { isExamination } from "@overread/shared/dicom/modalities";
import { regionsOf } from "../../reading/index.ts";
import type { Section } from "../inputs.ts";
import type { ReportTemplate } from "../shapes.ts";
import { ctAbdomen, ctChest, ctChestNormal, ctHead, ctHeadNormal } from "./ct.ts";
import { generic, severalRegions } from "./generic.ts";
import { mrBrain } from "./mr.ts";
import { chestRadiograph, chestRadiographNormal, mammography, radiograph } from "./projection.ts";
import type { Template } from "./template.ts";
import { ultrasound } from "./ultrasound.ts";

const templates: readonly Template[] = [
  ctHead,
  ctHeadNormal,
  ctChest,
  ctChestNormal,
  ctAbdomen,
  mrBrain,
  chestRadiograph,
  chestRadiographNormal,
  radiograph,
  mammography,
  ultrasound,
  generic,
  severalRegions,
];

/** The prompts of all templates; a prompt line is signed only with text behind it. */
export const promptLabels: readonly string[] = [
  ...new Set(templates.flatMap(({ findings }) => [...findings.matchAll(/^(.+): $/gm)].map(([, label = ""]) => label))),
];

/** What a template is chosen and filled by. */
export type Examination = {
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  /** Attached priors, most relevant first. */
  priors: { studyDate: string; studyDescription: string; modalities: string[] }[];
  /** What it was ordered for. */
  orders: { reasonForExam: string; clinicalInformation: string }[];
};

/**
 * The templates of an examination, the suggested one first. A template that states findings is never suggested.
 * Technique and Comparison are filled from the study and its priors; the impression is left to the reader.
 */
export function templatesFor(examination: Examination): [ReportTemplate, ...ReportTemplate[]] {
  const regions = regionsOf(examination.bodyParts, examination.studyDescription);
  const ranked = templates
    .map((template) => ({ template, fit: fitOf(template, examination.modalities, regions) }))
    .sort((a, b) => b.fit - a.fit);
  const suggested = ranked.find(({ template }) => !template.normal)?.template ?? generic;
  const rest = ranked.map(({ template }) => template).filter((template) => template !== suggested);
  const shown = (template: Template): ReportTemplate => ({
    id: template.id,
    title: template.title,
    modality: [...template.modality],
    bodyPart: [...template.bodyPart],
    suggested: template === suggested,
    sections: sectionsOf(template, examination),
  });
  return [shown(suggested), ...rest.map(shown)];
}

/**
 * Modality and region 3, modality alone 2, generic 1, otherwise 0. A template fits only if it covers the whole study: a
 * PET/CT is no CT, and a CT of neck and chest is no CT of the chest.
 */
function fitOf(template: Template, modalities: string[], regions: string[]): number {
  if (template.modality.length === 0) return 1;
  const acquired = modalities.filter(isExamination);
  if (acquired.length === 0 || !acquired.every((modality) => template.modality.includes(modality))) return 0;
  if (template.bodyPart.length === 0) return 2;
  return regions.length > 0 && regions.every((region) => template.bodyPart.includes(region)) ? 3 : 0;
}

function sectionsOf(template: Template, examination: Examination): Section[] {
  return [
    { key: "clinicalInformation", title: "Clinical information", text: clinicalText(examination.orders) },
    { key: "technique", title: "Technique", text: techniqueText(template, examination) },
    { key: "comparison", title: "Comparison", text: comparisonText(examination.priors) },
    { key: "findings", title: "Findings", text: template.findings },
    { key: "impression", title: "Impression", text: template.impression ?? "" },
  ];
}

/**
 * The study in its own words: modality and body part as named by its images. A generic template gets none of this,
 * since it was chosen because nothing fits.
 */
function techniqueText({ modality }: Template, { modalities, bodyParts }: Examination): string {
  const acquired = modalities.filter((each) => modality.includes(each));
  if (acquired.length === 0) return "";
  const parts = [...new Set(bodyParts.map((part) => part.replace(/_/g, " ").trim().toLowerCase()))].filter(Boolean);
  const names = acquired.map((each) => modalityNames[each] ?? each).join(", ");
  return parts.length > 0 ? `${names}. Body part: ${parts.join(", ")}.` : `${names}.`;
}

/** By the standard's name (PS3.3 C.7.3.1.1.1): how an image was acquired is for the reader to state. */
const modalityNames: Record<string, string> = {
  CR: "Computed radiography",
  DX: "Digital radiography",
  MG: "Mammography",
  RG: "Conventional radiography",
  US: "Ultrasound",
};

/** What the site gave with its orders, in its own words. */
function clinicalText(orders: Examination["orders"]): string {
  const texts = orders.flatMap(({ reasonForExam, clinicalInformation }) => [reasonForExam, clinicalInformation]);
  return [...new Set(texts.filter((text) => text !== ""))].join("\n");
}

/** At most five: more would be a list, not a comparison. */
function comparisonText(priors: Examination["priors"]): string {
  // Without priors here there may be some elsewhere, which only the reader can know.
  if (priors.length === 0) return "";
  return priors
    .slice(0, 5)
    .map(({ studyDate, studyDescription, modalities }) => {
      const what = studyDescription || modalities.join("/") || "Study";
      return parseDate(studyDate) ? `${what} of ${formatDate(studyDate)}` : `${what}, undated`;
    })
    .join("; ")
    .concat(".");
}
