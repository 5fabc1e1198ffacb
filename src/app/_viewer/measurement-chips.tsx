import { LocateFixed, X } from "lucide-react";
import styles from "./measurement-chips.module.css";
import type { Session } from "./session/run.ts";
import { useSession } from "./use-session.ts";

/** The measurements: insert into the report, show the image, delete. */
export function MeasurementChips({ session, canUse }: { session: Session; canUse: boolean }) {
  const measurements = useSession(session, (state) => state.measurements);
  const lost = useSession(session, (state) => state.lost);
  if (measurements.length + lost.length === 0) return null;
  return (
    // Placed in the tray: a bar that appears with the first measurement would move the image under the pointer.
    <ul className={styles.chips} aria-label="Measurements">
      {measurements.map((measurement) => (
        <li key={measurement.id}>
          <button
            type="button"
            className={styles.chipText}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.dispatch({ type: "take-measurement", measurement })}
            title={canUse ? "Put into the report" : "Show the image"}
          >
            {measurement.text}
            {measurement.author === null ? null : <bdi className={styles.author}>{measurement.author}</bdi>}
          </button>
          <button
            type="button"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.dispatch({ type: "jump", to: measurement })}
            title="Show the image"
            aria-label={`Show the image of ${measurement.text}`}
          >
            <LocateFixed size={14} aria-hidden />
          </button>
          {measurement.author === null ? (
            <RemoveButton session={session} id={measurement.id} text={measurement.text} />
          ) : null}
        </li>
      ))}
      {lost.map(({ id, text }) => (
        <li key={id}>
          <span className={styles.chipText}>{text}: its image is no longer there</span>
          <RemoveButton session={session} id={id} text={text} />
        </li>
      ))}
    </ul>
  );
}

function RemoveButton({ session, id, text }: { session: Session; id: string; text: string }) {
  return (
    <button
      type="button"
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => session.dispatch({ type: "remove-measurement", id })}
      title="Remove"
      aria-label={`Remove ${text}`}
    >
      <X size={14} aria-hidden />
    </button>
  );
}
