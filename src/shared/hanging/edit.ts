import type { Place, Stage, Want } from "./protocol.ts";

/** Changes to a protocol in the editor: each returns a new one, so that undo is to keep the one before. */

const empty: Place = { study: 0, wants: [] };

/** Another number of rows and columns; each place stays in its row and column, and those beyond go. */
export function resized(stage: Stage, rows: number, columns: number): Stage {
  const places = Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (row < stage.rows && column < stage.columns && stage.places[row * stage.columns + column]) || empty;
  });
  return { ...stage, rows, columns, places, ...bounded(stage, places) };
}

/** With fewer places the stage still has to be able to be shown. */
const bounded = ({ fewest, most }: Stage, places: readonly Place[]): Pick<Stage, "fewest" | "most"> => ({
  fewest: Math.max(1, Math.min(fewest, places.filter(({ wants }) => wants.length > 0).length)),
  ...(most === undefined ? {} : { most: Math.min(most, places.length) }),
});

export function withPlace(stage: Stage, at: number, place: Place): Stage {
  const places = stage.places.map((each, i) => (i === at ? place : each));
  return { ...stage, places, ...bounded(stage, places) };
}

/** @param want null takes the alternative away. */
export function withWant(place: Place, at: number, want: Want | null): Place {
  const wants = want
    ? at < place.wants.length
      ? place.wants.map((each, i) => (i === at ? want : each))
      : [...place.wants, want]
    : place.wants.filter((_, i) => i !== at);
  return { ...place, wants };
}

/** One thing that a want asks, or asks no longer: undefined. */
export function asking<K extends keyof Want>(want: Want, what: K, value: Want[K] | undefined): Want {
  const { [what]: _before, ...rest } = want;
  return (value === undefined ? rest : { ...rest, [what]: value }) as Want;
}

/** One item of a list moved by one place. */
export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  const item = all[from];
  if (item === undefined || to < 0 || to >= all.length) return [...all];
  const rest = all.filter((_, i) => i !== from);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
