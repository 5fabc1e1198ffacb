import { builtInProtocols } from "@overread/shared/hanging/built-in";
import { type HangingStudy, type Hung, hang } from "@overread/shared/hanging/hang";
import { byNumber, isMinor, mayHaveImages } from "../matching-series.ts";
import type { StudyForViewing } from "../types.ts";
import type { Voi } from "../voi.ts";
import { type Studies, seriesOf } from "./cell.ts";
import { activate, hangSeries } from "./hang.ts";
import { cellAt, cellIdsOf } from "./places.ts";
import type { SessionState } from "./state.ts";

/** The studies that a protocol may lay out: the current one and the priors that are surely of the same patient. What is read with it is no prior. */
const hangable = ({ current, priors }: Studies): StudyForViewing[] => [
  current,
  ...priors.filter(({ doubt, together }) => !doubt && !together),
];

function asHangingStudy({ regions = [], series }: StudyForViewing): HangingStudy {
  return {
    regions,
    series: byNumber(series.filter(mayHaveImages)).flatMap((each) =>
      each.facts
        ? {
            seriesInstanceUid: each.seriesInstanceUid,
            modality: each.modality,
            numberOfInstances: each.numberOfInstances,
            isMinor: isMinor(each),
            facts: each.facts,
          }
        : [],
    ),
  };
}

/** The protocol for the studies of the page, at its first stage; where the same one was in use, at the stage of then. */
export function hangingOf(studies: Studies, before: SessionState["hanging"] = null): SessionState["hanging"] {
  const hanging = hang(hangable(studies).map(asHangingStudy), builtInProtocols);
  if (!hanging) return null;
  const shown = before?.protocol.id === hanging.protocol.id ? before.stages[before.stage]?.name : undefined;
  const stage = Math.max(
    0,
    hanging.stages.findIndex(({ name }) => name === shown),
  );
  return { ...hanging, stage };
}

/** Lays the cells out as a stage says. What the study changed meanwhile leaves its cell empty. */
export function showStage(state: SessionState, stage: number): SessionState {
  const { hanging } = state;
  const wanted = hanging?.stages[stage];
  if (!hanging || !wanted) return state;
  const layout = { rows: wanted.rows, columns: wanted.columns };
  const places = cellIdsOf(layout);
  const cells = Object.fromEntries(Object.entries(state.cells).filter(([id]) => !places.includes(id as never)));
  const bare: SessionState = { ...state, layout, cells, links: {}, maximized: false, hanging: { ...hanging, stage } };
  const hung = wanted.places.reduce((each, place, i) => {
    const id = places[i];
    return place && id ? hangPlace(each, id, place) : each;
  }, bare);
  const first = places.find((id) => hung.cells[id]) ?? cellAt(1, 1);
  return activate(hung, hung.cells[hung.active] && places.includes(hung.active) ? hung.active : first);
}

function hangPlace(state: SessionState, id: ReturnType<typeof cellAt>, place: Hung): SessionState {
  const study = hangable(state.studies)[place.study];
  const series = seriesOf(study, place.seriesInstanceUid);
  if (!study || !series) return state;
  const asked: Voi | null = place.window && { ...place.window, shape: "LINEAR", lut: null };
  return hangSeries(state, id, study, series, {
    frames: place.sopInstanceUid === null ? null : [place.sopInstanceUid],
    asked,
    fit: place.fit ?? null,
  });
}
