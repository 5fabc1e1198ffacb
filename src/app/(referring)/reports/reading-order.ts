type Section = { key: string; title: string; text: string };
export type ReportPart = Section & {
  /** Emphasised: the impression. */
  lead: boolean;
};

/** Addenda, and statements that the product adds about the patient. */
const isAddendum = (key: string) => key.startsWith("addendum") || key.startsWith("identity-addendum");

/** A report in the order for a referring physician: impression, addenda, then the remaining sections. */
export function readingOrder(sections: Section[]): ReportPart[] {
  const rank = (key: string) => {
    // A doubt about the patient's identity comes before the content.
    if (key === "patient-identity") return -2;
    if (key === "examinations") return -1;
    if (key === "impression") return 0;
    if (isAddendum(key)) return 1;
    const known = ["findings", "comparison", "clinicalInformation", "clinical-information", "technique"].indexOf(key);
    return known < 0 ? 10 : 2 + known;
  };
  return sections
    .filter((section) => section.text.trim() !== "")
    .map((section, at) => ({ section, at }))
    .sort((a, b) => rank(a.section.key) - rank(b.section.key) || a.at - b.at)
    .map(({ section }) => ({
      ...section,
      lead: ["impression", "patient-identity"].includes(section.key) || isAddendum(section.key),
    }));
}
