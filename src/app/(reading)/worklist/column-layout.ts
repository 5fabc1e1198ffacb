/** How the columns of the worklist share a row's width; all widths in rem. */
export type ColumnSpace = {
  id: string;
  /** Narrower than this it says nothing. */
  min: number;
  /** What its contents need. */
  needs: number;
  /** Its share of the width that nothing needs. */
  grow: number;
  /** The width that somebody chose: it has that, and no more, as long as the others keep what they cannot do without. */
  chosen?: number | undefined;
  /** The column below whose contents it stands when there is no room beside it. */
  below?: string | undefined;
  /** There it stands at the end of the line, behind what else stands below the same column. */
  end?: boolean | undefined;
  /** Gives way first; the lower, the earlier. Never gives way without it. */
  spare?: number | undefined;
};

export type ColumnLayout = {
  /** For `grid-template-columns`. */
  template: string;
  /** How wide each column that stands by itself is drawn. */
  widths: Record<string, number>;
  /** Where each column stands: `grid-area`. A column that is not named has no room. */
  areas: Record<string, string>;
  /** The columns that stand below another. */
  stacked: ReadonlySet<string>;
  /** By column, those that stand below it. */
  under: Record<string, string[]>;
};

/** Where a cell stands in one row: over the whole height where nothing of what would stand below it says anything there. */
export function areaIn({ areas, under }: ColumnLayout, id: string, says: (id: string) => boolean): string | undefined {
  const area = areas[id];
  const below = under[id];
  return below && !below.some(says) ? area?.replace(/2$/, "3") : area;
}

const gap = 0.5;
const padding = 1.5;

/**
 * Places columns in a row of a given width. All beside each other if there is room for what is in them; else spare
 * columns give way, then columns stand below others in the same row, and only then is anything cut.
 */
export function layOut(columns: readonly ColumnSpace[], width: number): ColumnLayout {
  const shown = new Set(columns.map(({ id }) => id));
  const stacked = new Set<string>();
  const own = () => columns.filter(({ id }) => shown.has(id) && !stacked.has(id));
  const roomFor = (size: (column: ColumnSpace) => number) =>
    width - padding - (own().length - 1) * gap - sumOf(own().map(size));
  // By what the contents need, whatever somebody chose: a dragged edge moves nothing to another line under the hand.
  const isCut = () => roomFor(({ needs }) => needs) < 0;
  const spares = columns.filter(({ spare }) => spare !== undefined).toSorted((a, b) => (a.spare ?? 0) - (b.spare ?? 0));
  for (const { id } of spares) if (isCut()) shown.delete(id);
  for (const { id, below, end = false } of columns) {
    const host = below !== undefined && shown.has(below) && !stacked.has(below);
    const taken = columns.some(
      (other) => other.below === below && (other.end ?? false) === end && stacked.has(other.id),
    );
    if (isCut() && shown.has(id) && host && !taken) stacked.add(id);
  }

  const tracks = own();
  let left = Math.max(0, roomFor(leastOf));
  const bases = tracks.map(leastOf);
  /** Gives of what is left, to each its part if it is not enough for all. */
  const give = (wants: number[]) => {
    const wanted = sumOf(wants);
    const part = wanted > 0 ? Math.min(1, left / wanted) : 0;
    for (const [index, want] of wants.entries()) bases[index] = (bases[index] ?? 0) + want * part;
    left -= wanted * part;
  };
  give(tracks.map(({ chosen, min }) => Math.max(0, (chosen ?? 0) - min)));
  give(tracks.map(({ chosen, min, needs }) => (chosen === undefined ? Math.max(0, needs - min) : 0)));
  const rounded = bases.map(round);
  const grows = tracks.map(({ chosen, grow }) => (chosen === undefined ? grow : 0));
  const template = rounded.map((base, index) => {
    const grow = grows[index] ?? 0;
    return grow > 0 ? `minmax(${base}rem, ${grow}fr)` : `${base}rem`;
  });
  const free = width - padding - (tracks.length - 1) * gap;
  const drawn = asDrawn(rounded, grows, free);
  const widths = Object.fromEntries(tracks.map(({ id }, index) => [id, drawn[index] ?? 0]));
  const areas: Record<string, string> = {};
  const under: Record<string, string[]> = {};
  for (const [index, { id }] of tracks.entries()) {
    const below = columns.filter((other) => other.below === id && stacked.has(other.id));
    areas[id] = `1 / ${index + 1} / ${below.length > 0 ? 2 : 3}`;
    for (const other of below) areas[other.id] = `2 / ${index + 1} / 3`;
    if (below.length > 0) under[id] = below.map((other) => other.id);
  }
  return { template: template.join(" "), widths, areas, stacked, under };
}

/** What a column cannot do without; who chose less wants less. */
const leastOf = ({ min, chosen }: ColumnSpace) => Math.min(min, chosen ?? min);
const sumOf = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0);
const round = (rem: number) => Math.floor(rem * 100) / 100;

/** The widths of `minmax(base, fr)` tracks, as CSS Grid §11.7.1 finds them: a track whose base is more than its fraction keeps the base. */
function asDrawn(bases: readonly number[], grows: readonly number[], free: number): number[] {
  let flexible = grows.map((grow) => grow > 0);
  for (;;) {
    const rest = free - sumOf(bases.filter((_, index) => !flexible[index]));
    const fraction = rest / Math.max(1, sumOf(grows.filter((_, index) => flexible[index])));
    const still = flexible.map((is, index) => is && (bases[index] ?? 0) <= fraction * (grows[index] ?? 0));
    if (still.every((is, index) => is === flexible[index]))
      return bases.map((base, index) => (flexible[index] ? fraction * (grows[index] ?? 0) : base));
    flexible = still;
  }
}

/** How many usual letters are as broad; capitals and the letters of Chinese, Japanese and Korean take more room. */
const breadthOf = (text: string) =>
  text.length + (text.match(/\p{Lu}/gu)?.length ?? 0) * 0.3 + (text.match(/[\u1100-\uffdc]/g)?.length ?? 0) * 0.8;

/** The width that the contents of a column need, in rem: of the broadest text among these rows, as letters go. */
export function needsOf<Row>(
  { min, text }: { min: number; text?: (row: Row) => string },
  rows: readonly Row[],
): number {
  if (!text) return min;
  const most = rows.reduce((most, row) => Math.max(most, breadthOf(text(row))), 0);
  return Math.max(min, Math.min(26, most * 0.52 + 0.5));
}
