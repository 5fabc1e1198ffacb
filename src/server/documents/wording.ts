import { formatPersonName, type PersonNameGroups } from "@overread/shared/dicom/person-name";
import type { SignedReport } from "./signed-report.ts";

/** How the documents write dates, names and codes. One wording for PDF and SR. */

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `20240131` as `31 Jan 2024`; a text that is no date stays as it came. */
export function dicomDateText(date: string): string {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim());
  const month = months[Number(match?.[2]) - 1];
  return match && month ? `${Number(match[3])} ${month} ${match[1]}` : date.trim();
}

/** Whether a text names a day (`20240302`), in any of the orders and signs that dates are written in. */
export function namesDate(text: string, date: string): boolean {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim());
  const month = months[Number(match?.[2]) - 1];
  if (!match || !month) return false;
  const [year, m, d] = [match[1], `0?${Number(match[2])}`, `0?${Number(match[3])}`];
  const gap = "[ .,/\\u5e74\\u6708-]{1,3}";
  const written = [
    `${match[1]}${match[2]}${match[3]}`,
    `${year}${gap}${m}${gap}${d}`,
    `${d}${gap}${m}${gap}${year}`,
    `${m}${gap}${d}${gap}${year}`,
    `${d}(?:st|nd|rd|th)?${gap}${month}\\p{L}*${gap}${year}`,
    `${month}\\p{L}*${gap}${d}(?:st|nd|rd|th)?${gap}${year}`,
  ];
  return new RegExp(`(?<!\\d)(?:${written.join("|")})(?!\\d)`, "iu").test(text);
}

/** `134502.5` as `13:45`. */
export function dicomTimeText(time: string): string {
  const match = /^(\d{2}):?(\d{2})/.exec(time.trim());
  return match ? `${match[1]}:${match[2]}` : "";
}

/** A moment at a place: `31 Jan 2024, 13:45 GMT+1`. */
export function momentText(at: Date, timeZone: string): string {
  const parts = partsOf(at, timeZone, { timeZoneName: "short" });
  const month = months[Number(parts.month) - 1];
  return `${Number(parts.day)} ${month} ${parts.year}, ${parts.hour}:${parts.minute} ${parts.timeZoneName}`;
}

/** A moment as DICOM DA, TM and the offset of (0008,0201), at a place. */
export function dicomMoment(at: Date, timeZone: string): { date: string; time: string; offset: string } {
  const p = partsOf(at, timeZone, { timeZoneName: "longOffset" });
  const offset = (p.timeZoneName ?? "").replace("GMT", "").replace(":", "") || "+0000";
  return { date: `${p.year}${p.month}${p.day}`, time: `${p.hour}${p.minute}${p.second}`, offset };
}

function partsOf(at: Date, timeZone: string, zone: Intl.DateTimeFormatOptions): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...zone,
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

export function sexText(sex: string): string {
  return { M: "Male", F: "Female", O: "Other" }[sex] ?? (sex || "Not stated");
}

/** All writings of a name, the one people read first: `YAMADA, Tarou · 山田 太郎 · やまだ たろう`. */
export function nameText(name: PersonNameGroups): string {
  const phonetic = name.phonetic && name.alphabetic ? name.phonetic.split("^").filter(Boolean).join(" ") : "";
  return [formatPersonName(name), phonetic].filter(Boolean).join(" · ");
}

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
    return `Amended by the addendum of ${momentText(signature.at, facility.timeZone)} below: ${excerpt}`;
  });
}

/** Blanks that a tab stands for, on paper and in structured text, which may hold none (PS3.5 §6.1.3). */
export const tabColumns = 4;

/** A text without the empty lines around it. The blanks before its first word are indentation and stay. */
export const withoutEmptyEdges = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
