import type { Section } from "../../_trpc/types.ts";

export type Check = { id: string; text: string; blocks: boolean; sectionKey: string | null };

/** What prevents signing, each with the field where it can be corrected. */
export function checksOf(sections: Section[], draft: { unsaved: boolean; unresolved: boolean }): Check[] {
  const checks: Check[] = [];
  const impression = sections.find((section) => section.key === "impression");
  if (!impression?.text.trim())
    checks.push({ id: "impression", text: "The impression is empty", blocks: true, sectionKey: "impression" });
  for (const section of sections) {
    if (section.key === "impression") continue;
    if (!section.text.trim())
      checks.push({
        id: `empty-${section.key}`,
        text: `${section.title} is empty`,
        blocks: false,
        sectionKey: section.key,
      });
  }
  const open = sections.find((section) => /\[[^\]\n]{0,60}\]|___/.test(section.text));
  if (open)
    checks.push({
      id: "blank",
      text: `${open.title} has a blank to fill in`,
      blocks: false,
      sectionKey: open.key,
    });
  for (const section of sections) {
    const bare = section.text.split("\n").filter((line) => /^\s*\S.{1,80}:\s*$/.test(line)).length;
    if (bare > 0)
      checks.push({
        id: `bare-${section.key}`,
        text: `${section.title} has ${bare === 1 ? "a heading" : `${bare} headings`} without text`,
        blocks: false,
        sectionKey: section.key,
      });
  }
  if (draft.unresolved)
    checks.push({
      id: "conflict",
      text: "Two windows wrote different texts: choose first",
      blocks: true,
      sectionKey: null,
    });
  else if (draft.unsaved)
    checks.push({ id: "unsaved", text: "The draft is not saved yet", blocks: false, sectionKey: null });
  return checks;
}
