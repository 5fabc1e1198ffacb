import { type Link, linkAt, linkedIndex } from "../geometry.ts";
import type { Cell, CellId } from "./cell.ts";
import { activeCell, filledCells } from "./places.ts";
import type { SessionState } from "./state.ts";

type Links = SessionState["links"];

function pairOf(a: CellId, b: CellId): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

/**
 * Two cells as they stand now. By place in the body where both know it; by image number only for two studies, whose series
 * were chosen to match: two series of one study that lie otherwise have nothing in common.
 */
function linkOf(a: Cell, b: Cell, asTheyStand: boolean): Link | null {
  const [one, two] = [a.loaded?.frames ?? [], b.loaded?.frames ?? []];
  if (one.length === 0 || two.length === 0) return null;
  const link = linkAt(one, a.look.index, two, b.look.index, asTheyStand);
  return link.by === "index" && a.source.study === b.source.study ? null : link;
}

function without(links: Links, id: CellId): Record<string, Link> {
  return Object.fromEntries(Object.entries(links).filter(([pair]) => !pair.split("|").includes(id)));
}

/** Lets a cell go. */
export function unlinked<S extends Pick<SessionState, "links">>(state: S, id: CellId): S {
  return { ...state, links: without(state.links, id) };
}

/**
 * Ties a cell to the others.
 *
 * @param asTheyStand as the reader has set them; else by coordinate where they share one.
 */
export function relinked(state: SessionState, id: CellId, asTheyStand: boolean): SessionState {
  const links = without(state.links, id);
  const cell = state.cells[id];
  if (cell && state.linked)
    for (const [other, theirs] of filledCells(state)) {
      if (other === id) continue;
      const link = id < other ? linkOf(cell, theirs, asTheyStand) : linkOf(theirs, cell, asTheyStand);
      if (link) links[pairOf(id, other)] = link;
    }
  return { ...state, links };
}

/** Ties all cells together where they stand now, or lets them all go. */
export function relinkedAll(state: SessionState): SessionState {
  return filledCells(state).reduce((each, [id]) => relinked(each, id, true), { ...state, links: {} });
}

/** Where the linked cells go when one of them goes to an image. */
export function followers(state: SessionState, id: CellId, index: number): [CellId, number][] {
  const mine = state.cells[id]?.loaded;
  if (!mine) return [];
  return filledCells(state).flatMap(([other, cell]) => {
    const link = state.links[pairOf(id, other)];
    if (other === id || !link || !cell.loaded) return [];
    const next = linkedIndex(link, mine.frames, index, cell.loaded.frames, other < id);
    return next === null ? [] : [[other, next] as [CellId, number]];
  });
}

/** How the active cell is linked to others, for the reader to judge; null when to none. */
export function linkedBy(state: SessionState): Link["by"] | null {
  const active = activeCell(state);
  const ways = filledCells(state).flatMap(([id]) => state.links[pairOf(active, id)]?.by ?? []);
  return ways.includes("position") ? "position" : (ways[0] ?? null);
}
