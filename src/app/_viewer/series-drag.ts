import { seriesOf, studyKey, studyOf } from "./session/cell.ts";
import type { SessionState } from "./session/state.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";

/** What is carried from the tray to a cell. Addresses of a study and a series, no name of anybody. */
const carried = "application/x-overread-series";

export function carrySeries(transfer: DataTransfer, study: StudyForViewing, series: SeriesForViewing): void {
  transfer.setData(carried, JSON.stringify([studyKey(study), series.seriesInstanceUid]));
  transfer.effectAllowed = "copy";
}

export function carriesSeries(transfer: DataTransfer): boolean {
  return transfer.types.includes(carried);
}

/** The series that was dropped; null for anything else, also for one of a study that is not on the page. */
export function droppedSeries(
  transfer: DataTransfer,
  state: SessionState,
): { study: StudyForViewing; series: SeriesForViewing } | null {
  try {
    const [key, uid] = JSON.parse(transfer.getData(carried)) as [string, string];
    const study = studyOf(state, key);
    const series = seriesOf(study, uid);
    return study && series ? { study, series } : null;
  } catch {
    // Something else was dropped.
    return null;
  }
}
