import type { NoticeKind, NoticeParams, NoticeSaid } from "../notices.ts";

/** What notices are in words, the same on screens, in mails and in pushes. A kind without a line does not compile. */
const words: { [K in NoticeKind]: (params: NoticeParams<K>) => { title: string; text: string } } = {
  "case-escalated": ({ percent, to, priority }) => {
    const what = { stat: "STAT case", urgent: "urgent case", routine: "routine case" }[priority];
    const article = priority === "urgent" ? "An" : "A";
    return {
      title: percent >= 100 ? `${article} ${what} is late` : `${article} ${what} has used ${percent} % of its time`,
      text: {
        reader: "You have it. Read it, or hand it over.",
        pool: "It has not been signed. Whoever is free can claim it.",
        lead: "It has not been signed. Find a reader for it.",
        site: "The reading group has been told. Its report will come later than was promised.",
      }[to],
    };
  },
  "case-handed-over": ({ priority }) => ({
    title: `A colleague hands ${{ stat: "a STAT case", urgent: "an urgent case", routine: "a case" }[priority]} over to you`,
    text: "Read the note, then accept or decline it.",
  }),
  "handover-not-taken": () => ({
    title: "A case that you handed over was not taken",
    text: "It goes to whoever may read it.",
  }),
  "over-read-differs": () => ({
    title: "A colleague differs from a preliminary report of yours",
    text: "The case shows both versions and what the colleague thinks of yours.",
  }),
  "list-alert": ({ count }) => ({
    title: count === 1 ? "A case has come onto one of your lists" : `${count} cases have come onto one of your lists`,
    text: "You asked to be told of it.",
  }),
  "licence-expires": ({ days, jurisdiction }) => ({
    title:
      days === 0 ? `A licence (${jurisdiction}) has expired` : `A licence (${jurisdiction}) expires ${inDays(days)}`,
    text: "Enter the renewed one in the credential file. Where the group enforces credentials, no case from there is assigned without it.",
  }),
  "question-open": ({ minutes, held }) => ({
    title: `A reader's question has waited ${waited(minutes)} for an answer`,
    text: held
      ? "The case is held until you answer it."
      : "Answer it on the case, before it is read without the answer.",
  }),
  "privilege-expires": ({ days }) => ({
    title: days === 0 ? "A privilege at a facility has expired" : `A privilege at a facility expires ${inDays(days)}`,
    text: "Where the group enforces credentials, its cases are assigned to others until it is renewed.",
  }),
};

/** Rounded down, as of a wait. */
function waited(minutes: number): string {
  const [count, unit] =
    minutes < 120
      ? [minutes, "minute"]
      : minutes < 2880
        ? [Math.floor(minutes / 60), "hour"]
        : [Math.floor(minutes / 1440), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

const inDays = (days: number): string => (days === 1 ? "tomorrow" : `in ${days} days`);

export function noticeInWords<K extends NoticeKind>({ kind, params }: NoticeSaid<K>): { title: string; text: string } {
  return (words[kind] as (params: unknown) => { title: string; text: string })(params);
}
