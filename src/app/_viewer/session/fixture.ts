import type { Attributes } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { seriesContent } from "../frames.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { SeriesForViewing, StudyForViewing, ViewerProps } from "../types.ts";
import type { Action, ViewportReport } from "./actions.ts";
import type { CellId } from "./cell.ts";
import { initialState } from "./initial-state.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

type Slices = { modality?: string; slices?: number; description?: string; from?: number; frameOfReference?: string };

/** A study of the page with the given series. */
export function studyOf(uid: string, series: Slices[], extra: Partial<StudyForViewing> = {}): StudyForViewing {
  return {
    orgSlug: "lakeside",
    studyInstanceUid: uid,
    dicomwebRoot: "/dicomweb/lakeside",
    label: "Study",
    studyDate: "20260314",
    description: "CT Thorax",
    series: series.map(
      ({ modality = "CT", slices = 20, description = `Series ${modality}` }, i): SeriesForViewing => ({
        seriesInstanceUid: `${uid}.${i + 1}`,
        modality,
        seriesNumber: i + 1,
        seriesDescription: description,
        numberOfInstances: slices,
      }),
    ),
    ...extra,
  };
}

/** The metadata of a series of axial slices, 5 mm apart. */
export function loadedOf(study: StudyForViewing, place: number, viewportReport: Slices = {}): LoadedSeries {
  const series = study.series[place] as SeriesForViewing;
  const { modality = series.modality, slices = series.numberOfInstances, from = 0 } = viewportReport;
  const instances = Array.from({ length: slices }, (_, i): Attributes => {
    const values = {
      [Tag.SOPInstanceUID]: [`${series.seriesInstanceUid}.${i + 1}`],
      [Tag.SeriesInstanceUID]: [series.seriesInstanceUid],
      [Tag.InstanceNumber]: [i + 1],
      [Tag.Rows]: [8],
      [Tag.Columns]: [8],
      [Tag.PixelSpacing]: [1, 1],
      [Tag.WindowCenter]: [40],
      [Tag.WindowWidth]: [400],
      [Tag.FrameOfReferenceUID]: [viewportReport.frameOfReference ?? `${study.studyInstanceUid}.9`],
      [Tag.ImagePositionPatient]: [0, 0, from + i * 5],
      [Tag.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0],
    };
    return Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]));
  });
  const { frames } = seriesContent("https://portal.example/dicomweb/lakeside", study.studyInstanceUid, instances);
  return { study, series, modality, frames, others: [], patientName: null, patientId: null, warnings: [] };
}

export const current = studyOf("1.1", [{ description: "Soft" }, { description: "Lung" }, { description: "Bone" }]);
export const prior = studyOf("1.2", [{ description: "Lung" }, { description: "Soft" }], { studyDate: "20240314" });
export const doubtful = studyOf("1.3", [{ description: "Soft" }], { doubt: "It names another patient." });

export const started = (props: Partial<ViewerProps> = {}): SessionState =>
  initialState({ current, priors: [prior, doubtful], ...props }, false);

/** The state after these actions. */
export const after = (state: SessionState, ...actions: Action[]): SessionState =>
  actions.reduce((each, action) => reduce(each, action).state, state);

/** The state after the metadata of a cell's series has loaded. */
export function withLoaded(state: SessionState, id: CellId, told: Slices = {}): SessionState {
  const cell = state.cells[id];
  if (!cell) throw new Error(`nothing in ${id}`);
  const study = [current, prior, doubtful].find(({ studyInstanceUid }) => cell.source.study.endsWith(studyInstanceUid));
  const place = study?.series.findIndex(({ seriesInstanceUid }) => seriesInstanceUid === cell.source.series) ?? -1;
  if (!study || place < 0) throw new Error(`no series in ${id}`);
  const loaded = loadedOf(study, place, told);
  return after(state, { type: "loaded", cell: id, source: cell.source, loaded, opening: null });
}

/** A report of the cell's viewport. */
export function viewportReport(state: SessionState, cell: CellId, report: ViewportReport): Action {
  return { type: "viewport", cell, loaded: state.cells[cell]?.loaded ?? null, report };
}

/** The series in each cell, by cell id. */
export function seriesByCell(state: SessionState): Record<string, string | null> {
  return Object.fromEntries(Object.entries(state.cells).map(([id, cell]) => [id, cell?.source.series ?? null]));
}

/** The current study, loaded, in one cell. */
export const open = () => withLoaded(started(), "r1c1");

/** Current study and prior side by side, both loaded. */
export const beside = () => withLoaded(after(open(), { type: "toggle-prior" }), "r1c2");

export const lung = { center: -600, width: 1500 };
