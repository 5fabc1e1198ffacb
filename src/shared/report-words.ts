import { english } from "./report-words/en.ts";

/**
 * What the product itself says in a report, in the language of the report: sections that it adds when a version is signed, headings and
 * labels of the documents. A language is a file beside `report-words/en.ts` and a line here; English is the only one so far, and stands in for all others.
 */
export type ReportWords = typeof english;

const catalogues: Readonly<Record<string, ReportWords>> = { en: english };

/**
 * The words for a report, by lookup as in RFC 4647 §3.4: `pt-BR` is served by `pt` where there is no file of its own.
 *
 * @param languages tags of RFC 5646 by preference: of the report, then of the organisation; empty ones count for nothing.
 */
export function reportWords(...languages: readonly string[]): ReportWords {
  for (const language of languages)
    for (let tag = language; tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
      const words = catalogues[tag];
      if (words) return words;
    }
  return english;
}
