import { formatMoment, monthName, parseDate } from "@overread/shared/dicom/dates";
import { type PersonNameGroups, personNameWritings } from "@overread/shared/dicom/person-name";
import { type ReportWords, reportWords } from "@overread/shared/report-words";
import type { SignedReport } from "./signed-report.ts";

/** How the documents write dates, names and codes, PDF and SR alike; their words are those of the report's language (`report-words`). */

/**
 * Whether a text names a day (`20240302`), in any of the orders and signs that dates are written in, with the names of months in English
 * and in the language of the report.
 *
 * @param language of the text, RFC 5646; empty when nobody has said.
 */
export function containsDate(text: string, date: string, language: string): boolean {
  const parsed = parseDate(date);
  if (!parsed) return false;
  const [y, m, d] = [String(parsed.year).padStart(4, "0"), `0?${parsed.month}`, `0?${parsed.day}`];
  const month = `(?:${monthsNamed(parsed.month, language).join("|")})`;
  const gap = "(?:[ .,/\\u5e74\\u6708-]{1,3}|\\s+de\\s+)";
  const written = [
    `${y}${two(parsed.month)}${two(parsed.day)}`,
    `${y}${gap}${m}${gap}${d}`,
    `${d}${gap}${m}${gap}${y}`,
    `${m}${gap}${d}${gap}${y}`,
    `${d}(?:st|nd|rd|th|er)?${gap}${month}${gap}${y}`,
    `${month}${gap}${d}(?:st|nd|rd|th)?${gap}${y}`,
  ];
  return new RegExp(`(?<!\\d)(?:${written.join("|")})(?!\\d)`, "iu").test(text.normalize("NFC"));
}

/** A month as it is written beside a day, long and short: Polish puts it in the genitive there. Patterns; what follows three letters of English is free. */
function monthsNamed(month: number, language: string): string[] {
  const named = language === "" ? [] : monthsOf(language, month);
  return [`${monthName(month)}\\p{L}*`, ...named.map((name) => name.replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ".{0,2}"))];
}

function monthsOf(language: string, month: number): string[] {
  const middle = Date.UTC(2024, month - 1, 15);
  return (["long", "short"] as const).flatMap((style) => {
    const format = new Intl.DateTimeFormat(`${language}-u-ca-gregory`, {
      day: "numeric",
      month: style,
      timeZone: "UTC",
    });
    return format
      .formatToParts(middle)
      .flatMap(({ type, value }) => (type === "month" ? [value.normalize("NFC")] : []));
  });
}

const two = (number: number): string => String(number).padStart(2, "0");

export function sexText(sex: string, words: ReportWords): string {
  return words.sex[sex] ?? (sex || words.notStated);
}

/** All writings of a name, the one people read first: `YAMADA, Tarou · 山田 太郎 · やまだ たろう`. */
export const nameText = (name: PersonNameGroups): string => personNameWritings(name).join(" · ");

/** So much of an addendum is said at the impression; the whole stands in its place. Characters. */
const mostOfAddendum = 160;

/** What stands at an impression that was added to: who reads it learns at once that more was said since. */
export function amendments({
  addenda,
  facility,
  language,
}: Pick<SignedReport, "addenda" | "facility" | "language">): string[] {
  const { amended } = reportWords(language);
  return addenda.map(({ sections, signature }) => {
    // What the product says of the patient stands in the addendum itself.
    const own = sections.filter(({ key }) => !key.startsWith("identity-"));
    const text = own.map((section) => section.text).join(" ");
    const words = [...text.replace(/\s+/g, " ").trim()];
    const excerpt = words.length > mostOfAddendum ? `${words.slice(0, mostOfAddendum).join("")}…` : words.join("");
    return amended(formatMoment(signature.at, facility.timeZone), excerpt);
  });
}

/** Blanks that a tab stands for, on paper and in structured text, which may hold none (PS3.5 §6.1.3). */
export const tabColumns = 4;

/** A text without the empty lines around it. The blanks before its first word are indentation and stay. */
export const withoutEmptyEdges = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
