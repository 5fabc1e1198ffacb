import { type Link, linkAt, linkedIndex, movedBy, unmoved } from "../geometry.ts";
import type { Cell, CellId } from "./cell.ts";
import { activeCell, filledCells } from "./places.ts";
import type { SessionState } from "./state.ts";

type Links = SessionState["links"];

function pairOf(a: CellId, b: CellId): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

/**
 * Links two cells at the images they show now: by patient position where both have one; by image number only between
 * two studies, whose series were chosen to match.
 */
function linkOf(a: Cell, b: Cell, asTheyStand: boolean, before: Link | undefined): Link | null {
  const [one, two] = [a.loaded?.frames ?? [], b.loaded?.frames ?? []];
  if (one.length === 0 || two.length === 0) return null;
  const link = linkAt(one, a.presentation.index, two, b.presentation.index, asTheyStand);
  if (link.by === "index") return a.source.study === b.source.study ? null : link;
  // Moved a second time, it has still been moved from where it was hung.
  return asTheyStand && before?.by === "position" ? { ...link, ownMm: before.ownMm } : link;
}

function without(links: Links, id: CellId): Record<string, Link> {
  return Object.fromEntries(Object.entries(links).filter(([pair]) => !pair.split("|").includes(id)));
}

/** Removes a cell's links. */
export function unlink<S extends Pick<SessionState, "links">>(state: S, id: CellId): S {
  return { ...state, links: without(state.links, id) };
}

/**
 * Links a cell to all others.
 *
 * @param asTheyStand at the images shown now; otherwise by coordinate where the cells share a frame of reference.
 */
export function relink(state: SessionState, id: CellId, asTheyStand: boolean): SessionState {
  const links = without(state.links, id);
  const cell = state.cells[id];
  if (cell && state.linked)
    for (const [other, theirs] of filledCells(state)) {
      if (other === id) continue;
      const before = state.links[pairOf(id, other)];
      const link = id < other ? linkOf(cell, theirs, asTheyStand, before) : linkOf(theirs, cell, asTheyStand, before);
      if (link) links[pairOf(id, other)] = link;
    }
  return { ...state, links };
}

/** Links all cells at the images they show now, or removes all links. */
export function relinkAll(state: SessionState): SessionState {
  return filledCells(state).reduce((each, [id]) => relink(each, id, true), { ...state, links: {} });
}

/** The image each linked cell goes to when this cell goes to `index`. */
export function linkedTargets(state: SessionState, id: CellId, index: number): [CellId, number][] {
  const mine = state.cells[id]?.loaded;
  if (!mine) return [];
  return filledCells(state).flatMap(([other, cell]) => {
    const link = state.links[pairOf(id, other)];
    if (other === id || !link || !cell.loaded) return [];
    const next = linkedIndex(link, mine.frames, index, cell.loaded.frames, other < id);
    return next === null ? [] : [[other, next] as [CellId, number]];
  });
}

/** How the active cell is linked to the others; null when it is not. */
export function activeLinkKind(state: SessionState): Link["by"] | null {
  const active = activeCell(state);
  const ways = filledCells(state).flatMap(([id]) => state.links[pairOf(active, id)]?.by ?? []);
  return ways.includes("position") ? "position" : (ways[0] ?? null);
}

/** By how much the reader has moved a cell against the active one, in words; null where they stand as they were hung. */
export function movedOf(state: SessionState, id: CellId): string | null {
  const active = activeCell(state);
  const link = id === active ? undefined : state.links[pairOf(active, id)];
  if (!link) return null;
  const { amount, unit } = movedBy(link);
  const signed = active < id ? amount : -amount;
  const shown = unit === "mm" ? Math.round(signed * 10) / 10 : signed;
  if (shown === 0) return null;
  return `${shown > 0 ? "+" : "−"}${Math.abs(shown)} ${unit === "images" && Math.abs(shown) === 1 ? "image" : unit}`;
}

/** The links of a cell as they were before the reader moved one side. */
export function takeBackMoves(state: SessionState, id: CellId): SessionState {
  const links = Object.entries(state.links).map(([pair, link]): [string, Link] => [
    pair,
    pair.split("|").includes(id) ? unmoved(link) : link,
  ]);
  return { ...state, links: Object.fromEntries(links) };
}
