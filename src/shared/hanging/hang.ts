import type { Projection, SeriesFacts } from "./facts.ts";
import type { HangingWindow, Place, Protocol, Stage, Want } from "./protocol.ts";

/** A series as a protocol sees it. */
export type HangingSeries = {
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly numberOfInstances: number;
  /** A localizer, or made out of other series: hung only where nothing else answers. */
  readonly isMinor: boolean;
  readonly facts: SeriesFacts;
};

/** A study as a protocol sees it, its series in the order of their numbers. */
export type HangingStudy = { readonly regions: readonly string[]; readonly series: readonly HangingSeries[] };

/** What a place shows. */
export type Hung = {
  /** As in `Place.study`. */
  readonly study: number;
  readonly seriesInstanceUid: string;
  /** One picture of a projection examination; null: the whole series. */
  readonly sopInstanceUid: string | null;
  readonly window: HangingWindow | null;
  readonly fit: Place["fit"] | null;
};

export type HungStage = Pick<Stage, "name" | "rows" | "columns"> & { readonly places: readonly (Hung | null)[] };

export type Hanging = { readonly protocol: Pick<Protocol, "id" | "name">; readonly stages: readonly HungStage[] };

/**
 * Every protocol that fits a study, as it would lay it out; the best first: by the order of the tiers, in a tier one that names a region of the study
 * before one for its modality alone, else the earlier. Stages that too few of its series answer are left out; a protocol without any does not fit.
 *
 * @param studies the current one, then its priors, most relevant first. Only priors that are surely of the same patient: whether a doubtful one is
 * looked at is for the reader to say.
 * @param tiers a reader's own protocols, those of the group, the built-in ones.
 */
export function hangings(
  studies: readonly HangingStudy[],
  tiers: readonly (readonly Protocol[])[],
): readonly Hanging[] {
  const [current] = studies;
  if (!current) return [];
  const shown = new Set(current.series.filter(({ isMinor }) => !isMinor).map(({ modality }) => modality));
  return tiers.flatMap((protocols) =>
    protocols
      .filter(
        ({ modalities, regions }) =>
          modalities.some((each) => shown.has(each)) &&
          (regions.length === 0 || regions.some((each) => current.regions.includes(each))),
      )
      .toSorted((a, b) => Number(b.regions.length > 0) - Number(a.regions.length > 0))
      .flatMap((protocol) => {
        const stages = protocol.stages.flatMap((stage) => filled(stage, protocol, studies) ?? []);
        return stages.length > 0 ? [{ protocol: { id: protocol.id, name: protocol.name }, stages }] : [];
      }),
  );
}

/** A series, or one picture of it. */
type Candidate = { series: HangingSeries; projection: Projection | null };

function filled(stage: Stage, { modalities }: Protocol, studies: readonly HangingStudy[]): HungStage | null {
  const taken = new Set<string>();
  const places = stage.places.map((place) => {
    const study = studies[place.study];
    const candidates = study ? candidatesOf(study, modalities) : [];
    const chosen = chooseFor(place, candidates, taken);
    if (!chosen) return null;
    taken.add(keyOf(chosen));
    const { series, projection } = chosen;
    return {
      study: place.study,
      seriesInstanceUid: series.seriesInstanceUid,
      sopInstanceUid: projection?.sopInstanceUid ?? null,
      window: place.window ?? null,
      fit: place.fit ?? null,
    };
  });
  // A comparison with nothing to compare is no comparison.
  const compares = stage.places.some(({ study }) => study > 0);
  if (compares && !places.some((each) => each && each.study > 0)) return null;
  if (places.filter(Boolean).length < stage.fewest) return null;
  return { name: stage.name, rows: stage.rows, columns: stage.columns, places };
}

function candidatesOf({ series }: HangingStudy, modalities: readonly string[]): Candidate[] {
  const all = series.filter(({ modality }) => modalities.includes(modality));
  const main = all.filter(({ isMinor }) => !isMinor);
  return (main.length > 0 ? main : all).flatMap((each): Candidate[] =>
    each.facts.projections.length > 0
      ? each.facts.projections.map((projection) => ({ series: each, projection }))
      : [{ series: each, projection: null }],
  );
}

const keyOf = ({ series, projection }: Candidate): string =>
  `${series.seriesInstanceUid}|${projection?.sopInstanceUid ?? ""}`;

function chooseFor(place: Place, candidates: readonly Candidate[], taken: ReadonlySet<string>): Candidate | null {
  const free = candidates.filter((each) => place.window || !taken.has(keyOf(each)));
  for (const want of place.wants) {
    const answers = free.filter((each) => answersTo(each, want));
    const unused = answers.filter((each) => !taken.has(keyOf(each)));
    const open = unused.length > 0 ? unused : answers;
    // A test bolus or an acquisition that was cut short answers like the whole one, and has far fewer images.
    const most = Math.max(0, ...open.map(({ series }) => series.numberOfInstances));
    const best = open.find(({ series, projection }) => projection || series.numberOfInstances * 4 >= most);
    if (best) return best;
  }
  return null;
}

function answersTo({ series: { facts }, projection }: Candidate, want: Want): boolean {
  const within = <T>(asked: readonly T[] | undefined, value: T | null | undefined): boolean =>
    !asked || (value !== null && value !== undefined && asked.includes(value));
  return (
    within(want.plane, facts.plane) &&
    within(want.weighting, facts.weighting) &&
    within(want.kernel, facts.kernel) &&
    within(want.view, projection?.view) &&
    (want.side === undefined || projection?.side === want.side) &&
    (want.contrast === undefined || facts.contrast === want.contrast) &&
    (want.fatSaturated === undefined || facts.fatSaturated === want.fatSaturated)
  );
}
