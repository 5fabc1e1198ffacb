import type { Inputs } from "../../_trpc/types.ts";
import { audienceWords } from "../../_ui/in-words.ts";

export type Step = Inputs["escalation"]["saveLadder"]["steps"][number];
/** A step while it is edited: what stands in its field may not be a number yet. */
export type Row = { key: number; percent: string; to: Step["to"] };

export const mostSteps = 20;
export const rowsOf = (steps: readonly Step[]): Row[] =>
  steps.map(({ percent, to }, key) => ({ key, percent: String(percent), to }));

const audiences = Object.keys(audienceWords) as Step["to"][];
const inOrder = (steps: readonly Step[]): Step[] =>
  steps.toSorted((a, b) => a.percent - b.percent || audiences.indexOf(a.to) - audiences.indexOf(b.to));

/** The steps of a ladder in order, or what is wrong with it, for whoever edits it. */
export function readRows(rows: readonly Row[]): { steps: Step[]; problem: null } | { steps: null; problem: string } {
  const steps: Step[] = [];
  for (const { percent, to } of rows) {
    const number = /^\d{1,4}$/.test(percent.trim()) ? Number(percent) : Number.NaN;
    if (!(number >= 1 && number <= 1000))
      return { steps: null, problem: "Each step needs a whole number from 1 to 1000." };
    if (steps.some((each) => each.percent === number && each.to === to))
      return { steps: null, problem: `At ${number} % ${audienceWords[to]} would be told twice. Change or remove one.` };
    steps.push({ percent: number, to });
  }
  return { steps: inOrder(steps), problem: null };
}

export const sameSteps = (a: readonly Step[], b: readonly Step[]): boolean => ladderInWords(a) === ladderInWords(b);

/** `50 % whoever reads it, 100 % the lead`; number and sign stay on one line. */
export const ladderInWords = (steps: readonly Step[]): string =>
  inOrder(steps)
    .map(({ percent, to }) => `${percent}\u00a0% ${audienceWords[to]}`)
    .join(", ") || "nobody is told";

/** A further step, later than those there are. */
export function nextRow(rows: readonly Row[]): Row {
  const last = Math.max(0, ...rows.map(({ percent }) => Number(percent) || 0));
  return {
    key: Math.max(-1, ...rows.map(({ key }) => key)) + 1,
    percent: String(Math.min(1000, last + (last < 100 ? 25 : 50))),
    to: "lead",
  };
}
