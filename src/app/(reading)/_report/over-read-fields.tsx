"use client";

import type { Report } from "../../_trpc/types.ts";
import { overReadScores } from "../../_ui/in-words.ts";
import { When } from "../../_ui/now.tsx";

/** What the second reader thinks; `score` null: not said yet. */
export type Opinion = { score: number | null; significant: boolean; comment: string };
export const noOpinion: Opinion = { score: null, significant: false, comment: "" };

/** Asks the second reader what he thinks of the preliminary report that he has gone over. Seen by the reading group alone. */
export function OverReadFields({
  preliminary,
  opinion,
  onChange,
}: {
  preliminary: NonNullable<Report["preliminary"]>;
  opinion: Opinion;
  onChange: (opinion: Opinion) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="text-xs font-medium text-quiet">
        Preliminary report by {preliminary.signedBy}, <When at={preliminary.signedAt} />
      </legend>
      {overReadScores.map((words, index) => {
        const score = index + 1;
        return (
          <label key={words} className="flex items-center gap-2">
            <input
              type="radio"
              name="score"
              required
              checked={opinion.score === score}
              onChange={() => onChange({ ...opinion, score, significant: score > 1 && opinion.significant })}
            />
            <span>
              {score} · {words}
            </span>
          </label>
        );
      })}
      {opinion.score !== null && opinion.score > 1 ? (
        <>
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={opinion.significant}
              onChange={(event) => onChange({ ...opinion, significant: event.target.checked })}
            />
            It matters to the patient
          </label>
          <label className="flex flex-col gap-1">
            <span className="text-xs font-medium text-quiet">What differs</span>
            <textarea
              rows={2}
              maxLength={1000}
              value={opinion.comment}
              onChange={(event) => onChange({ ...opinion, comment: event.target.value })}
              className="rounded-md border border-line bg-ground px-2.5 py-1.5"
            />
          </label>
        </>
      ) : null}
      <p className="text-xs text-quiet">Your group's readers and its lead see this, the hospital does not.</p>
    </fieldset>
  );
}

/** What second readers thought, with the signed report. */
export function OverReadScores({ scores }: { scores: Report["scores"] }) {
  if (scores.length === 0) return null;
  return (
    <section aria-label="Over-read" className="flex flex-col gap-1 text-[0.8125rem]">
      <h3 className="text-xs font-medium text-quiet">Over-read, for your group alone</h3>
      {scores.map((score) => (
        <p key={score.at}>
          {score.by} on the preliminary report of {score.preliminaryBy}: {score.score} ·{" "}
          {overReadScores[score.score - 1]}
          {score.significant ? ", matters to the patient" : ""}
          {score.comment ? <span className="block whitespace-pre-wrap text-quiet">{score.comment}</span> : null}
        </p>
      ))}
    </section>
  );
}
