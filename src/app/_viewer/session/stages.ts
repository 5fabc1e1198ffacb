import { builtInProtocols } from "@overread/shared/hanging/built-in";
import { type ShownInCell, stageFromScreen } from "@overread/shared/hanging/from-screen";
import {
  type Hanging,
  type HangingSeries,
  type HangingStudy,
  type Hung,
  hangings,
} from "@overread/shared/hanging/hang";
import { isAlsoStack, isProjection, type Picture } from "@overread/shared/hanging/pictures";
import type { Protocol, Stage } from "@overread/shared/hanging/protocol";
import { byNumber, isMinor, mayHaveImages } from "../matching-series.ts";
import type { SeriesForViewing, StudyForViewing } from "../types.ts";
import type { Voi } from "../voi.ts";
import { type Cell, type CellId, type Studies, seriesOf, studyKey } from "./cell.ts";
import { activate, hangSeries } from "./hang.ts";
import { cellAt, cellIdsOf } from "./places.ts";
import type { SessionState } from "./state.ts";

/**
 * The studies that a protocol may lay out: the current one and the priors that are surely of the same patient. What is
 * read with it is no prior.
 */
const hangable = ({ current, priors }: Studies): StudyForViewing[] => [
  current,
  ...priors.filter(({ doubt, together }) => !doubt && !together),
];

function asHangingSeries(series: SeriesForViewing): HangingSeries[] {
  const { seriesInstanceUid, modality, numberOfInstances, facts } = series;
  return facts ? [{ seriesInstanceUid, modality, numberOfInstances, isMinor: isMinor(series), facts }] : [];
}

const asHangingStudy = ({ regions = [], series }: StudyForViewing): HangingStudy => ({
  regions,
  series: byNumber(series.filter(mayHaveImages)).flatMap(asHangingSeries),
});

/**
 * Every protocol that fits the studies of the page, the best one chosen; where one was in use it stays, at the stage of
 * then. Null where none fits.
 *
 * @param own the reader's protocols, then those of the group.
 */
export function hangingOf(
  studies: Studies,
  own: SessionState["protocols"],
  before: SessionState["hanging"] = null,
): SessionState["hanging"] {
  const options = hangings(hangable(studies).map(asHangingStudy), [...own, builtInProtocols]);
  if (options.length === 0) return null;
  const same = options.findIndex(({ protocol }) => protocol.id === before?.options[before.chosen]?.protocol.id);
  const chosen = Math.max(0, same);
  const name = same >= 0 && before ? stageOf(before)?.name : undefined;
  const stage = options[chosen]?.stages.findIndex((each) => each.name === name) ?? 0;
  return { options, chosen, stage: Math.max(0, stage) };
}

/** The protocol in use. */
export const protocolOf = ({ options, chosen }: NonNullable<SessionState["hanging"]>): Hanging =>
  options[chosen] as Hanging;
const stageOf = (hanging: NonNullable<SessionState["hanging"]>) => protocolOf(hanging).stages[hanging.stage];

/** Lays the cells out as a stage of a protocol says. What the study changed meanwhile leaves its cell empty. */
export function showStage(state: SessionState, stage: number, chosen = state.hanging?.chosen ?? 0): SessionState {
  const wanted = state.hanging?.options[chosen]?.stages[stage];
  if (!state.hanging || !wanted) return state;
  const layout = { rows: wanted.rows, columns: wanted.columns };
  const places = cellIdsOf(layout);
  const cells = Object.fromEntries(Object.entries(state.cells).filter(([id]) => !places.includes(id as CellId)));
  const hanging = { ...state.hanging, chosen, stage };
  const bare: SessionState = { ...state, layout, cells, links: {}, maximized: false, hanging };
  const hung = wanted.places.reduce((each, place, i) => {
    const id = places[i];
    return place && id ? hangPlace(each, id, place) : each;
  }, bare);
  const first = places.find((id) => hung.cells[id]) ?? cellAt(1, 1);
  return activate(hung, hung.cells[hung.active] && places.includes(hung.active) ? hung.active : first);
}

function hangPlace(state: SessionState, id: CellId, place: Hung): SessionState {
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

/** The screen as a stage, for a protocol of the reader's own; null where no cell shows anything that a protocol can ask for. */
export function stageOfScreen(state: SessionState, name: string): Stage | null {
  const cells = cellIdsOf(state.layout).map((id) => shownIn(state, state.cells[id]));
  return cells.some(Boolean) ? stageFromScreen(name, { ...state.layout, cells }) : null;
}

function shownIn({ studies }: SessionState, cell: Cell | undefined): ShownInCell | null {
  const all = hangable(studies);
  const study = all.findIndex((each) => studyKey(each) === cell?.source.study);
  const series = seriesOf(all[study], cell?.source.series ?? null);
  const [hangingSeries] = series ? asHangingSeries(series) : [];
  if (!cell || !hangingSeries) return null;
  const { presentation, source, fit } = cell;
  const shown = cell.loaded?.frames[presentation.index]?.sopInstanceUid ?? source.frames?.[0];
  const { pictures } = hangingSeries.facts;
  const alone = source.frames !== null || isProjection(hangingSeries.modality);
  const picture = (alone && (pictures.find(({ sopInstanceUid }) => sopInstanceUid === shown) ?? pictures[0])) || null;
  const window = hangingSeries.modality === "CT" ? (presentation.window ?? cell.asked) : null;
  return {
    study,
    series: hangingSeries,
    picture,
    ...(picture && isAlsoStack(hangingSeries.modality) ? { nth: numberOf(all[study], picture) } : {}),
    window: window && !window.lut ? { center: window.center, width: window.width } : null,
    fit,
  };
}

/** Which picture of its study it is, from 0. */
const numberOf = (study: StudyForViewing | undefined, picture: Picture): number =>
  byNumber(study?.series.filter(mayHaveImages) ?? [])
    .flatMap((series) => asHangingSeries(series).flatMap(({ isMinor: minor, facts }) => (minor ? [] : facts.pictures)))
    .findIndex(({ sopInstanceUid }) => sopInstanceUid === picture.sopInstanceUid);

/** For which studies a protocol from this screen is: of the modalities that it shows, of the current study's regions. */
export function studiesOfScreen({
  studies: { current },
  ...state
}: SessionState): Pick<Protocol, "modalities" | "regions"> {
  const shown = cellIdsOf(state.layout).flatMap(
    (id) => seriesOf(current, state.cells[id]?.source.series ?? null) ?? [],
  );
  const all = shown.length > 0 ? shown : current.series.filter(mayHaveImages);
  return { modalities: [...new Set(all.map(({ modality }) => modality))], regions: [...(current.regions ?? [])] };
}
