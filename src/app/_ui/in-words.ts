import type { IdentityDoubt, Reason, ReasonCode, ReasonParams } from "@overread/shared/reasons";
import { attributesInWords } from "@overread/shared/report-words/en";
import type { Outputs, ReferralItem, WorklistItem } from "../_trpc/types.ts";
import { plural } from "./format.ts";

/** What the portal's reasons (`shared/reasons.ts`) are in words on every screen. The one table: a code without a line does not compile. */
const words: { [C in ReasonCode]: (params: ReasonParams<C>) => string } = {
  "asked-for": ({ priority }) => ({ stat: "STAT", urgent: "Urgent", routine: "Routine" })[priority],
  overdue: () => "Overdue",
  "due-within": ({ minutes }) => `Due within ${minutesInWords(minutes)}`,
  "head-ct": () => "CT of the head",
  "pulmonary-embolism-ct": () => "CT for pulmonary embolism",
  "emergency-named": () => "The request names an emergency",
  "patient-under": ({ years }) => `Patient under ${plural(years, "year")}`,
  "waiting-over": ({ minutes }) => `Waiting over ${minutesInWords(minutes)}`,

  "same-modality": ({ modality }) => `Same modality (${modality})`,
  "same-region": ({ regions }) => `Same region (${regions.join(", ")})`,
  "neighbouring-region": ({ regions }) => `Neighbouring region (${regions.join(", ")})`,
  "same-side": ({ side }) => `Same side (${side})`,
  "other-side": ({ side }) => `Other side (${side})`,
  earlier: ({ days }) => daysEarlier(days),

  "images-name-others": ({ differ }) =>
    `Images of this study name different patients: they differ in ${attributesInWords(differ)}.`,
  "priors-name-another": ({ differ }) =>
    `Earlier studies under this patient ID name another patient: they differ in ${attributesInWords(differ)}.`,
  "prior-names-another": ({ differ }) => `It names another patient: the ${attributesInWords(differ)} differ.`,
  "too-little-known": () => "Too little is known to say that it is the same patient.",
  "patient-id-names-nobody": () => "There is no patient ID that identifies anybody.",

  "images-refused": ({ received, expected, refused }) => `${received} of ${expected} images; ${refused} refused`,
  "images-damaged": ({ damaged }) => `${damaged} ${damaged === 1 ? "image is" : "images are"} damaged and not shown`,

  "uid-of-another-place": () => "The identifier belongs to an image of another series or study.",
  "uid-with-other-content": () => "The same identifier came before with other content.",
  "uid-in-other-syntax": ({ served, came }) =>
    `The same identifier came before in another transfer syntax: ${served}, this time ${came}.`,
};

/** What a case's state and status are called on every screen. */
export const statusWords: Record<WorklistItem["status"], string> = {
  arriving: "Arriving",
  unread: "Unread",
  claimed: "Being read",
  drafted: "Drafted",
  preliminary: "Preliminary",
  final: "Final",
  amended: "Amended",
  held: "Held",
  cancelled: "Cancelled",
};

/** Whom a step of the ladder tells. */
export const audienceWords: Record<Outputs["escalation"]["ofCase"][number]["to"], string> = {
  reader: "whoever reads it",
  pool: "readers who may read it",
  lead: "the lead",
  site: "the site",
};

/** Whom an alarm for the pool reached. */
export const reachWords: Record<NonNullable<Outputs["escalation"]["ofCase"][number]["reach"]>, string> = {
  there: "whoever may read it now",
  all: "all who may read it, since nobody was there",
  lead: "the lead, since nobody may read it",
};

/** The same of one's own case. */
export const ownStatusWords: Partial<typeof statusWords> = { claimed: "Mine", drafted: "Mine, drafted" };

/** What a referring physician is told of a study, and what is to be expected while nothing is signed. */
export const referralWords: Record<ReferralItem["status"], { word: string; unsigned: string }> = {
  "late-images": { word: "Images came after the report", unsigned: "" },
  addendum: { word: "Addendum", unsigned: "" },
  signed: { word: "Report signed", unsigned: "" },
  arriving: { word: "Images arriving", unsigned: "The report appears here by itself as soon as it is signed." },
  "awaiting-report": {
    word: "Awaiting report",
    unsigned: "The report appears here by itself as soon as it is signed.",
  },
  cancelled: {
    word: "Cancelled",
    unsigned: "Its reading was cancelled. No report comes unless it is asked for again.",
  },
  "no-images": { word: "No images", unsigned: "It holds documents alone, which nobody is asked to read." },
  "images-only": { word: "Images only", unsigned: "Nobody has been asked to read this study." },
};

/** A reason in words; one that a newer portal gives to a page loaded before it, by its code. */
export function inWords<C extends ReasonCode>({ code, params }: { code: C; params: ReasonParams<C> }): string {
  return words[code]?.(params) ?? code;
}

/** What a case in conflict says, and what follows from it; null where there is none. */
export function conflictInWords(conflict: IdentityDoubt | null): string | null {
  if (!conflict) return null;
  const then =
    conflict.code === "images-name-others" ? "Ask the site before reading." : "They are not compared by themselves.";
  return `${inWords(conflict as Reason)} ${then}`;
}

/** What whoever reads a report is told of its patient; null where nothing is in doubt. */
export function doubtsInWords(doubts: readonly IdentityDoubt[]): string | null {
  if (doubts.length === 0) return null;
  return `${doubts.map((doubt) => inWords(doubt as Reason)).join(" ")} Make sure whose report this is.`;
}

/** That images are missing; null where the study is whole. */
export function incompleteInWords(incomplete: readonly Reason[]): string | null {
  return incomplete.length > 0 ? incomplete.map((each) => inWords(each)).join("; ") : null;
}

/** `30 minutes`, `1 hour`, `1.5 hours`. */
function minutesInWords(minutes: number): string {
  if (minutes < 60) return plural(minutes, "minute");
  return minutes === 60 ? "1 hour" : `${minutes / 60} hours`;
}

function daysEarlier(days: number): string {
  if (days === 0) return "Same day";
  if (days < 60) return `${plural(days, "day")} earlier`;
  if (days < 730) return `${Math.round(days / 30.44)} months earlier`;
  return `${Math.floor(days / 365.25)} years earlier`;
}

/** What a second reader thinks of a preliminary report, by score from 1. */
export const overReadScores = [
  "I agree",
  "Differs, easily missed",
  "Differs, should be seen most of the time",
  "Differs, should be seen almost always",
] as const;
