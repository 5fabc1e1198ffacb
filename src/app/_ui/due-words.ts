import type { CaseDetail } from "../_trpc/types.ts";
import { formatMoment, formatSpan, formatWhen } from "./format.ts";
import { lineInWords, minutesInWords, priorityWords } from "./service-level-words.ts";

/** Why a case is due when it is, in sentences. */

type WhyDue = CaseDetail["whyDue"];

const stopWords: Record<WhyDue["stops"][number]["why"], string> = {
  held: "it was on hold",
  question: "the site was asked",
  cancelled: "it was cancelled",
};

export function dueInWords(
  { from, minutes, validFrom, line, stops }: WhyDue,
  {
    priority,
    facility,
    now,
    timeZone,
  }: { priority: keyof typeof priorityWords; facility: string; now: number; timeZone: string | undefined },
): string[] {
  const since = validFrom ? ` of the service level from ${formatMoment(validFrom, timeZone)}` : "";
  const by = line
    ? `line ${line.number}${since}: ${lineInWords(line.says, () => facility)}`
    : since
      ? `no line${since} fits, so ${priorityWords[priority]} decides`
      : "its contract had no service level, so the usual time holds";
  return [
    `Promised within ${minutesInWords(minutes)} of ${formatWhen(from, now, timeZone)}; ${by}.`,
    ...stops.map(({ why, from: stopped, until }) =>
      until
        ? `Its clock stood still from ${formatWhen(stopped, now, timeZone)} for ${formatSpan(Date.parse(until) - Date.parse(stopped))}: ${stopWords[why]}.`
        : `Its clock stands still since ${formatWhen(stopped, now, timeZone)}: ${stopWords[why].replace(" was ", " is ")}.`,
    ),
  ];
}
