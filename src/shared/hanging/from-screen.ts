import type { HangingSeries } from "./hang.ts";
import { isAlsoStack, type Picture } from "./pictures.ts";
import type { HangingWindow, Place, Stage, Want } from "./protocol.ts";

/** What a cell shows, as a protocol is written from it. */
export type ShownInCell = {
  /** As in `Place.study`. */
  study: number;
  series: HangingSeries;
  /** Of a cell that shows one picture of several; null: the series. */
  picture: Picture | null;
  /** Of ultrasound and the like, whose series has no order that means anything: which picture of the study. */
  nth?: number;
  /** One that the reader chose, where it means the same in every study: CT. */
  window: HangingWindow | null;
  fit: Place["fit"] | null;
};

/**
 * Writes a stage from the screen: each cell asks for what its series is, first by all that is known of it, then by less, so that a study without
 * contrast or of another scanner hangs as well.
 *
 * @param cells row by row; null: an empty cell.
 */
export function stageFromScreen(
  name: string,
  { rows, columns, cells }: { rows: number; columns: number; cells: readonly (ShownInCell | null)[] },
): Stage {
  const places = cells.map(
    (shown): Place =>
      shown
        ? {
            study: shown.study,
            wants: wantsOf(shown),
            ...(shown.nth === undefined ? {} : { nth: shown.nth }),
            ...(!shown.picture && isAlsoStack(shown.series.modality) ? { whole: true as const } : {}),
            ...(shown.window ? { window: shown.window } : {}),
            ...(shown.fit ? { fit: shown.fit } : {}),
          }
        : { study: 0, wants: [] },
  );
  const asked = places.filter(({ wants }) => wants.length > 0).length;
  return { name, rows, columns, places, fewest: Math.max(1, Math.ceil(asked / 2)) };
}

function wantsOf({ series: { modality, facts }, picture, nth }: ShownInCell): Want[] {
  if (nth !== undefined || (!picture && isAlsoStack(modality))) return [{}];
  if (picture) {
    const { view, side, kind, apart } = picture;
    const asked = {
      ...(view ? { view: [view] } : {}),
      ...(side ? { side } : {}),
      ...(apart ? { apart: true as const } : {}),
    };
    return distinct([
      // Tomosynthesis rather than 2D, but 2D where there is none.
      ...(modality === "MG" ? [{ ...asked, picture: [kind ?? "2d"] }] : []),
      asked,
      // A breast or a hand of the other side is never shown instead.
      ...(side ? [] : [{}]),
    ]);
  }
  const { plane, weighting, kernel, contrast, fatSaturated } = facts;
  const inPlane: Want = plane ? { plane: [plane] } : {};
  const weighted: Want = weighting ? { ...inPlane, weighting: [weighting] } : inPlane;
  return distinct([
    { ...weighted, contrast, fatSaturated, ...(kernel ? { kernel: [kernel] } : {}) },
    { ...weighted, ...(weighting ? { contrast } : {}), ...(kernel ? { kernel: [kernel] } : {}) },
    weighted,
    ...(weighting ? [{ weighting: [weighting] }] : []),
    // Of MR another weighting is another question: rather an empty cell.
    ...(weighting ? [] : [inPlane, {}]),
  ] as Want[]);
}

function distinct(wants: readonly Want[]): Want[] {
  const seen = new Set<string>();
  return wants.filter((want) => {
    const key = JSON.stringify(want);
    return !seen.has(key) && seen.add(key);
  });
}
