import { LocateFixed, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import styles from "./measurement-chips.module.css";
import type { Session } from "./session.ts";

/** What was measured: into the report, back to its image, away. */
export function MeasurementChips({ session, canUse }: { session: Session; canUse: boolean }) {
  const { measurements } = useSyncExternalStore(session.view.subscribe, session.view.get);
  if (measurements.length === 0) return null;
  return (
    // In the tray: a bar that comes with the first measurement would move the image under the pointer.
    <ul className={styles.chips} aria-label="Measurements">
      {measurements.map((measurement) => (
        <li key={measurement.id}>
          <button
            type="button"
            className={styles.chipText}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.takeMeasurement(measurement)}
            title={canUse ? "Put into the report" : "Show the image"}
          >
            {measurement.text}
          </button>
          <button
            type="button"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.jumpTo(measurement)}
            title="Show the image"
            aria-label={`Show the image of ${measurement.text}`}
          >
            <LocateFixed size={14} aria-hidden />
          </button>
          <button
            type="button"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => session.removeMeasurement(measurement.id)}
            title="Remove"
            aria-label={`Remove ${measurement.text}`}
          >
            <X size={14} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
