import { type Cell, type CellId, isCurrent, type Layout } from "./cell.ts";
import type { SessionState } from "./state.ts";

/** Most rows, and most columns. */
export const largest = 5;

/** @param row, @param column from 1. */
export function cellAt(row: number, column: number): CellId {
  return `r${row}c${column}`;
}

/** The cells of a layout, row by row. */
export function placesOf({ rows, columns }: Layout): CellId[] {
  return Array.from({ length: rows * columns }, (_, i) => cellAt(Math.floor(i / columns) + 1, (i % columns) + 1));
}

type Places = Pick<SessionState, "layout" | "active">;

/** The cell that keys and tools mean. One that the layout has put away waits; meanwhile it is the first. */
export function activeCell({ layout, active }: Places): CellId {
  return placesOf(layout).includes(active) ? active : cellAt(1, 1);
}

/** The cells that are seen. */
export function cellsInView(state: Places & Pick<SessionState, "alone">): CellId[] {
  return state.alone ? [activeCell(state)] : placesOf(state.layout);
}

/** The cells of the layout that show something, row by row. */
export function filledCells({ layout, cells }: Pick<SessionState, "layout" | "cells">): [CellId, Cell][] {
  return placesOf(layout).flatMap((id) => {
    const cell = cells[id];
    return cell ? [[id, cell] as [CellId, Cell]] : [];
  });
}

/** The cell of the current study: the active one, or the one last worked in, or the first; null when none shows it. */
export function currentCell(state: SessionState): CellId | null {
  const shown = filledCells(state).flatMap(([id, cell]) => (isCurrent(state, cell) ? [id] : []));
  return [activeCell(state), state.lastCurrent].find((id) => shown.includes(id)) ?? shown[0] ?? null;
}

/** The first cell of a prior; null when none shows one. */
export function priorCell(state: SessionState): CellId | null {
  return filledCells(state).find(([, cell]) => !isCurrent(state, cell))?.[0] ?? null;
}

/** What a cell is called by those who look for it from outside: `"current"`, `"prior"`, or its place. */
export function nameOfCell(state: SessionState, id: CellId): string {
  if (id === currentCell(state)) return "current";
  return id === priorCell(state) ? "prior" : id;
}
