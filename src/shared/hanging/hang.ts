import type { SeriesFacts } from "./facts.ts";
import type { Picture } from "./pictures.ts";
import type { HangingWindow, Place, Protocol, Side, Stage, Want } from "./protocol.ts";

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
  /** One picture of an examination that is looked at picture by picture; null: the whole series. */
  readonly sopInstanceUid: string | null;
  readonly window: HangingWindow | null;
  readonly fit: Place["fit"] | null;
};

export type HungStage = Pick<Stage, "name" | "rows" | "columns"> & { readonly places: readonly (Hung | null)[] };

export type Hanging = { readonly protocol: Pick<Protocol, "id" | "name">; readonly stages: readonly HungStage[] };

/**
 * Every protocol that fits a study, as it would lay it out; the best first: by the order of the tiers, in the first of several as its reader has put them, else one that names a region of the study
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
  return tiers.flatMap((protocols, tier) =>
    protocols
      .filter(
        ({ modalities, regions, together }) =>
          (together ? modalities.every((each) => shown.has(each)) : modalities.some((each) => shown.has(each))) &&
          (regions.length === 0 || regions.some((each) => current.regions.includes(each))),
      )
      // Their order is the reader's own word.
      .toSorted((a, b) => (tier === 0 && tiers.length > 1 ? 0 : closeness(b) - closeness(a)))
      .flatMap((protocol) => {
        const stages = protocol.stages.flatMap((stage) => filled(stage, protocol, studies) ?? []);
        return stages.length > 0 ? [{ protocol: { id: protocol.id, name: protocol.name }, stages }] : [];
      }),
  );
}

/** How much a protocol says of the studies that it is for. */
const closeness = ({ regions, together }: Protocol): number => (together ? 2 : 0) + (regions.length > 0 ? 1 : 0);

/** A series, or one picture of it. */
type Candidate = { series: HangingSeries; picture: Picture | null };

function filled(stage: Stage, { modalities }: Protocol, studies: readonly HangingStudy[]): HungStage | null {
  const taken = new Set<string>();
  const side = onlySideOf(studies[0]);
  const places = stage.places.map((place): Hung | null => {
    const study = studies[place.study];
    const all = study ? candidatesOf(study, modalities, place.whole === true) : [];
    // The left knee is no prior of the right one.
    const candidates = place.study > 0 && side ? all.filter(({ picture }) => (picture?.side ?? side) === side) : all;
    const chosen = chooseFor(place, candidates, taken);
    if (!chosen) return null;
    taken.add(keyOf(chosen));
    const { series, picture } = chosen;
    return {
      study: place.study,
      seriesInstanceUid: series.seriesInstanceUid,
      sopInstanceUid: picture?.sopInstanceUid ?? null,
      window: place.window ?? null,
      fit: place.fit ?? null,
    };
  });
  // A comparison with nothing to compare is no comparison.
  const compares = stage.places.some(({ study }) => study > 0);
  if (compares && !places.some((each) => each && each.study > 0)) return null;
  const shown = places.flatMap((each) => each ?? []);
  if (shown.length < stage.fewest || shown.length > (stage.most ?? shown.length)) return null;
  const sparse = shown.length * 2 <= places.length;
  if (stage.close !== "always" && !(stage.close === "sparse" && sparse))
    return { name: stage.name, rows: stage.rows, columns: stage.columns, places };
  const columns = Math.ceil(Math.sqrt(shown.length));
  const rows = Math.ceil(shown.length / columns);
  return {
    name: stage.name,
    rows,
    columns,
    places: Array.from({ length: rows * columns }, (_, i) => shown[i] ?? null),
  };
}

/** The side, where every picture that names one names the same. */
function onlySideOf(study: HangingStudy | undefined): Side | null {
  const sides = new Set(study?.series.flatMap(({ facts }) => facts.pictures.flatMap(({ side }) => side ?? [])));
  return sides.size === 1 ? ([...sides][0] ?? null) : null;
}

/** @param whole each series as a stack. */
function candidatesOf({ series }: HangingStudy, modalities: readonly string[], whole: boolean): Candidate[] {
  const all = series.filter(({ modality }) => modalities.includes(modality));
  const main = all.filter(({ isMinor }) => !isMinor);
  const each = (main.length > 0 ? main : all).flatMap((one): Candidate[] =>
    one.facts.pictures.length > 0 && !whole
      ? one.facts.pictures.map((picture) => ({ series: one, picture }))
      : [{ series: one, picture: null }],
  );
  const made = each.filter(({ picture }) => !picture?.raw);
  return made.length > 0 ? made : each;
}

const keyOf = ({ series, picture }: Candidate): string =>
  `${series.seriesInstanceUid}|${picture?.sopInstanceUid ?? ""}`;

function chooseFor(place: Place, candidates: readonly Candidate[], taken: ReadonlySet<string>): Candidate | null {
  const free = candidates.filter((each) => place.window || !taken.has(keyOf(each)));
  for (const want of place.wants) {
    if (place.nth !== undefined) {
      const numbered = candidates.filter((each) => answersTo(each, want))[place.nth];
      if (numbered) return numbered;
      continue;
    }
    const answers = free.filter((each) => answersTo(each, want));
    const unused = answers.filter((each) => !taken.has(keyOf(each)));
    const open = unused.length > 0 ? unused : answers;
    // A test bolus or an acquisition that was cut short answers like the whole one, and has far fewer images.
    const most = Math.max(0, ...open.map(({ series }) => series.numberOfInstances));
    const best = open.find(({ series, picture }) => picture || series.numberOfInstances * 4 >= most);
    if (best) return best;
  }
  return null;
}

function answersTo({ series: { modality, facts }, picture }: Candidate, want: Want): boolean {
  const within = <T>(asked: readonly T[] | undefined, value: T | null | undefined): boolean =>
    !asked || (value !== null && value !== undefined && asked.includes(value));
  return (
    within(want.modality, modality) &&
    within(want.plane, facts.plane) &&
    within(want.weighting, facts.weighting) &&
    within(want.kernel, facts.kernel) &&
    within(want.view, picture?.view) &&
    within(want.picture, picture && (picture.kind ?? "2d")) &&
    (want.apart ? Boolean(picture?.apart) : !(want.view && picture?.apart)) &&
    (want.side === undefined || picture?.side === want.side) &&
    (want.contrast === undefined || facts.contrast === want.contrast) &&
    (want.fatSaturated === undefined || facts.fatSaturated === want.fatSaturated)
  );
}
