import { formatMoment, monthName, parseDate } from "@overread/shared/dicom/dates";
import { type PersonNameGroups, personNameWritings } from "@overread/shared/dicom/person-name";
import type { SignedReport } from "./signed-report.ts";

/** How the documents write dates, names and codes. One wording for PDF and SR. */

/** Whether a text names a day (`20240302`), in any of the orders and signs that dates are written in. */
export function namesDate(text: string, date: string): boolean {
  const parsed = parseDate(date);
  if (!parsed) return false;
  const [y, m, d] = [String(parsed.year).padStart(4, "0"), `0?${parsed.month}`, `0?${parsed.day}`];
  const month = monthName(parsed.month);
  const gap = "[ .,/\\u5e74\\u6708-]{1,3}";
  const written = [
    `${y}${two(parsed.month)}${two(parsed.day)}`,
    `${y}${gap}${m}${gap}${d}`,
    `${d}${gap}${m}${gap}${y}`,
    `${m}${gap}${d}${gap}${y}`,
    `${d}(?:st|nd|rd|th)?${gap}${month}\\p{L}*${gap}${y}`,
    `${month}\\p{L}*${gap}${d}(?:st|nd|rd|th)?${gap}${y}`,
  ];
  return new RegExp(`(?<!\\d)(?:${written.join("|")})(?!\\d)`, "iu").test(text);
}

const two = (number: number): string => String(number).padStart(2, "0");

export function sexText(sex: string): string {
  return { M: "Male", F: "Female", O: "Other" }[sex] ?? (sex || "Not stated");
}

/** All writings of a name, the one people read first: `YAMADA, Tarou · 山田 太郎 · やまだ たろう`. */
export const nameText = (name: PersonNameGroups): string => personNameWritings(name).join(" · ");

/** The note under every page, in the words of the README. */
export const regulatoryNote = "Overread is not a cleared medical device. Not for primary diagnosis.";

/** So much of an addendum is said at the impression; the whole stands in its place. Characters. */
const mostOfAddendum = 160;

/** What stands at an impression that was added to: who reads it learns at once that more was said since. */
export function amendments({ addenda, facility }: Pick<SignedReport, "addenda" | "facility">): string[] {
  return addenda.map(({ sections, signature }) => {
    // What the product says of the patient stands in the addendum itself.
    const own = sections.filter(({ key }) => !key.startsWith("identity-"));
    const text = own.map((section) => section.text).join(" ");
    const words = [...text.replace(/\s+/g, " ").trim()];
    const excerpt = words.length > mostOfAddendum ? `${words.slice(0, mostOfAddendum).join("")}…` : words.join("");
    return `Amended by the addendum of ${formatMoment(signature.at, facility.timeZone)} below: ${excerpt}`;
  });
}

/** Blanks that a tab stands for, on paper and in structured text, which may hold none (PS3.5 §6.1.3). */
export const tabColumns = 4;

/** A text without the empty lines around it. The blanks before its first word are indentation and stay. */
export const withoutEmptyEdges = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
