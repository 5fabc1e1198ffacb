import type { HangingWindow, Place, Stage, Want } from "../protocol.ts";

/** What the built-in protocols are put together from. */

export const axial: Want = { plane: ["axial"] };

export const place = (wants: readonly Want[], window?: HangingWindow): Place => ({
  study: 0,
  wants,
  ...(window ? { window } : {}),
});
export const ofPrior = (each: Place): Place => ({ ...each, study: 1 });

export const single = (name: string, wants: readonly Want[], window?: HangingWindow): Stage => ({
  name,
  rows: 1,
  columns: 1,
  places: [place(wants, window)],
  fewest: 1,
});

export const grid = (
  name: string,
  [rows, columns]: readonly [number, number],
  places: readonly Place[],
  fewest = places.length,
): Stage => ({ name, rows, columns, places, fewest });

export const row = (name: string, places: readonly Place[], fewest = places.length): Stage =>
  grid(name, [1, places.length], places, fewest);

export const besidePrior = (wants: readonly Want[]): Stage => row("With prior", [place(wants), ofPrior(place(wants))]);

/** The same places of the current study and, below, of its prior. */
export const overPrior = (places: readonly Place[], fewest: number, name = "With prior"): Stage =>
  grid(name, [2, places.length], [...places, ...places.map(ofPrior)], fewest);

/** The pictures of a study in their order, from this number on; as many cells as there are pictures. */
export const pictures = (name: string, from: number, fewest: number, wants: readonly Want[] = [{}]): Stage => ({
  ...grid(
    name,
    [3, 4],
    Array.from({ length: 12 }, (_, n): Place => ({ ...place(wants), nth: from + n })),
    fewest,
  ),
  close: "always",
});

/** One series as a stack of everything in it. */
export const asStack = (name: string, wants: readonly Want[] = [{}]): Stage => ({
  ...single(name, wants),
  places: [{ ...place(wants), whole: true }],
});
