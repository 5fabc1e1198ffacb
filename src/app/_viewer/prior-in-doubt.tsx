import { useEffect, useRef } from "react";
import { readableDate } from "./dates.ts";
import styles from "./prior-in-doubt.module.css";
import type { StudyForViewing } from "./types.ts";

/** Asks for confirmation before a prior is shown whose patient identity is in doubt. The confirmation is audited. */
export function PriorInDoubt({ prior, onAnswer }: { prior: StudyForViewing; onAnswer: (yes: boolean) => void }) {
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => no.current?.focus(), []);
  const what = [readableDate(prior.studyDate) ?? "no date", prior.description].filter(Boolean).join(" · ");
  return (
    <div className={styles.veil}>
      <div
        className={styles.question}
        role="alertdialog"
        aria-labelledby="prior-doubt"
        aria-describedby="prior-doubt-why"
      >
        <h2 id="prior-doubt">Is this prior of the same patient?</h2>
        <p>{what}</p>
        <p id="prior-doubt-why">{prior.doubt} Showing it is noted on the hospital's trail.</p>
        <div className={styles.answers}>
          <button ref={no} type="button" onClick={() => onAnswer(false)}>
            Do not show
          </button>
          <button type="button" onClick={() => onAnswer(true)}>
            Show all the same
          </button>
        </div>
      </div>
    </div>
  );
}
