import type { ReactNode } from "react";
import styles from "./cell-frame.module.css";
import { readableDate } from "./dates.ts";
import type { CellId } from "./session/cell.ts";
import { movedOf } from "./session/links.ts";
import type { Session } from "./session/run.ts";
import type { StudyForViewing } from "./types.ts";
import { useSession } from "./use-session.ts";

/** The head of a cell: which study it shows, and any warning about the study. */
export function CellHead({
  session,
  id,
  name,
  study,
  isPrior,
  series,
  view,
  standing,
  warnings,
  planes = null,
}: {
  session: Session;
  id: CellId;
  name: string;
  study: StudyForViewing;
  isPrior: boolean;
  /** Shown only where several cells show one study; null otherwise. */
  series: string | null;
  /** Side and view of a mammogram, also of one that stands alone; null of other pictures. */
  view: string | null;
  /** How the picture stands where that is not as it was sent, or not as it should. */
  standing: readonly string[];
  warnings: readonly string[];
  /** What chooses the planes of a volume; null in a stack. */
  planes?: ReactNode;
}) {
  const priors = useSession(session, (state) => state.studies.priors);
  const moved = useSession(session, (state) => movedOf(state, id));
  return (
    <div className={styles.paneHead} data-testid={`pane-label-${name}`}>
      <strong className={styles.badge}>{study.label}</strong>
      {view ? <strong className={styles.view}>{view}</strong> : null}
      {standing.map((note) => (
        <strong key={note} className={styles.view}>
          {note}
        </strong>
      ))}
      <span className={styles.date}>{readableDate(study.studyDate) ?? "no date"}</span>
      {isPrior && priors.length > 1 ? (
        <select
          aria-label="Prior study"
          value={study.studyInstanceUid}
          onChange={(event) => {
            const chosen = priors.find(({ studyInstanceUid }) => studyInstanceUid === event.target.value);
            if (chosen) session.dispatch({ type: "choose-prior", study: chosen, cell: id });
            event.target.blur();
          }}
        >
          {priors.map((prior) => (
            <option key={prior.studyInstanceUid} value={prior.studyInstanceUid}>
              {[prior.doubt && "⚠", readableDate(prior.studyDate) ?? "no date", prior.description, prior.lentBy]
                .filter(Boolean)
                .join(" · ")}
            </option>
          ))}
        </select>
      ) : (
        <span className={styles.description}>{series ?? study.description}</span>
      )}
      {planes}
      {study.lentBy && priors.length <= 1 ? (
        <span className={styles.description} title={`Lent by ${study.lentBy} while you hold this case`}>
          from {study.lentBy}
        </span>
      ) : null}
      {moved ? (
        <button
          type="button"
          className={styles.moved}
          title="Moved against the other side while scrolling. Take back (Shift + Y)"
          aria-label={`Moved by ${moved}: take back`}
          onClick={(event) => {
            session.dispatch({ type: "take-back-offset", cell: id });
            event.currentTarget.blur();
          }}
        >
          {moved} ×
        </button>
      ) : null}
      {study.doubt ? (
        <span className={styles.warning} data-doubt role="alert" title={study.doubt}>
          Patient not certain
        </span>
      ) : null}
      {warnings.map((warning) => (
        <span key={warning} className={styles.warning} title="Geometry of this series">
          {warning}
        </span>
      ))}
    </div>
  );
}
