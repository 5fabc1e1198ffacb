import { seriesOf, studyKey, studyOf } from "./session/cell.ts";
import type { SessionState } from "./session/state.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";

/** Drag data type: study key and Series Instance UID, no patient data. */
const seriesDragType = "application/x-overread-series";

export function startSeriesDrag(transfer: DataTransfer, study: StudyForViewing, series: SeriesForViewing): void {
  transfer.setData(seriesDragType, JSON.stringify([studyKey(study), series.seriesInstanceUid]));
  transfer.effectAllowed = "copy";
}

export function isSeriesDrag(transfer: DataTransfer): boolean {
  return transfer.types.includes(seriesDragType);
}

/** The dropped series; null for anything else, and for a study that is not on the page. */
export function droppedSeries(
  transfer: DataTransfer,
  state: SessionState,
): { study: StudyForViewing; series: SeriesForViewing } | null {
  try {
    const [key, uid] = JSON.parse(transfer.getData(seriesDragType)) as [string, string];
    const study = studyOf(state, key);
    const series = seriesOf(study, uid);
    return study && series ? { study, series } : null;
  } catch {
    // Not our drag data.
    return null;
  }
}
