type Section = { key: string; title: string; text: string };
export type ReportPart = Section & {
  /** Stands out: what the physician came for. */
  lead: boolean;
};

/** A report in the order a referring physician reads it: impression, what was added later, then how one got there. */
export function readingOrder(sections: Section[]): ReportPart[] {
  const rank = (key: string) => {
    if (key === "impression") return 0;
    if (key.startsWith("addendum")) return 1;
    const known = ["findings", "comparison", "clinicalInformation", "clinical-information", "technique"].indexOf(key);
    return known < 0 ? 10 : 2 + known;
  };
  return sections
    .filter((section) => section.text.trim() !== "")
    .map((section, at) => ({ section, at }))
    .sort((a, b) => rank(a.section.key) - rank(b.section.key) || a.at - b.at)
    .map(({ section }) => ({
      ...section,
      lead: section.key === "impression" || section.key.startsWith("addendum"),
    }));
}
