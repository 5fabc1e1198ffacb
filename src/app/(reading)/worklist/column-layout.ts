/** How the columns of the worklist share a row's width; all widths in rem. */
export type ColumnSpace = {
  id: string;
  /** Narrower than this it says nothing. */
  min: number;
  /** What its contents need. */
  needs: number;
  /** Its share of the width that nothing needs. */
  grow: number;
  /** The column below whose contents it stands when there is no room beside it. */
  below?: string | undefined;
  /** Gives way first; the lower, the earlier. Never gives way without it. */
  spare?: number | undefined;
};

export type ColumnLayout = {
  /** For `grid-template-columns`. */
  template: string;
  /** Where each column stands: `grid-area`. A column that is not named has no room. */
  areas: Record<string, string>;
  /** The columns that stand below another. */
  stacked: ReadonlySet<string>;
};

const gap = 0.5;
const padding = 1.5;

/**
 * Places columns in a row of a given width. All beside each other if there is room; else spare columns give way, then
 * columns stand below others in the same row, and only then does anything go.
 */
export function layOut(columns: readonly ColumnSpace[], width: number): ColumnLayout {
  const shown = new Set(columns.map(({ id }) => id));
  const stacked = new Set<string>();
  const own = () => columns.filter(({ id }) => shown.has(id) && !stacked.has(id));
  const room = () => width - padding - (own().length - 1) * gap - own().reduce((sum, { min }) => sum + min, 0);
  const spares = columns.filter(({ spare }) => spare !== undefined).toSorted((a, b) => (a.spare ?? 0) - (b.spare ?? 0));
  for (const { id } of spares) if (room() < 0) shown.delete(id);
  for (const { id, below } of columns) {
    const host = below !== undefined && shown.has(below) && !stacked.has(below);
    const taken = columns.some((other) => other.below === below && stacked.has(other.id));
    if (room() < 0 && shown.has(id) && host && !taken) stacked.add(id);
  }

  const tracks = own();
  const short = tracks.map(({ min, needs }) => Math.max(0, needs - min));
  const wanted = short.reduce((sum, each) => sum + each, 0);
  const part = wanted > 0 ? Math.min(1, Math.max(0, room()) / wanted) : 0;
  const template = tracks.map(({ min, grow }, index) => {
    const base = `${round(min + (short[index] ?? 0) * part)}rem`;
    return grow > 0 ? `minmax(${base}, ${grow}fr)` : base;
  });
  const areas: Record<string, string> = {};
  for (const [index, { id }] of tracks.entries()) {
    const under = columns.find((other) => other.below === id && stacked.has(other.id));
    areas[id] = `1 / ${index + 1} / ${under ? 2 : 3}`;
    if (under) areas[under.id] = `2 / ${index + 1} / 3`;
  }
  return { template: template.join(" "), areas, stacked };
}

const round = (rem: number) => Math.floor(rem * 100) / 100;
