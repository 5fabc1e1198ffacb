import { type Cell, type CellId, isCurrent, type Layout } from "./cell.ts";
import type { SessionState } from "./state.ts";

/** Most rows, and most columns. */
export const maxLayoutSize = 5;

/** @param row, @param column from 1. */
export function cellAt(row: number, column: number): CellId {
  return `r${row}c${column}`;
}

/** The cells of a layout, row by row. */
export function cellIdsOf({ rows, columns }: Layout): CellId[] {
  return Array.from({ length: rows * columns }, (_, i) => cellAt(Math.floor(i / columns) + 1, (i % columns) + 1));
}

type Places = Pick<SessionState, "layout" | "active">;

/** The cell that keys and tools act on; the first one while the active cell is outside the layout. */
export function activeCell({ layout, active }: Places): CellId {
  return cellIdsOf(layout).includes(active) ? active : cellAt(1, 1);
}

/** The visible cells. */
export function cellsInView(state: Places & Pick<SessionState, "maximized">): CellId[] {
  return state.maximized ? [activeCell(state)] : cellIdsOf(state.layout);
}

/** The cells of the layout that show something, row by row. */
export function filledCells({ layout, cells }: Pick<SessionState, "layout" | "cells">): [CellId, Cell][] {
  return cellIdsOf(layout).flatMap((id) => {
    const cell = cells[id];
    return cell ? [[id, cell] as [CellId, Cell]] : [];
  });
}

/**
 * The cells that one key steps through: those that show something, and the first empty one, so that it can be filled without a
 * mouse. While one cell is maximized only those that show something.
 */
export function cellsToStepThrough(state: Pick<SessionState, "layout" | "cells" | "maximized">): CellId[] {
  const all = cellIdsOf(state.layout);
  const empty = state.maximized ? undefined : all.find((id) => !state.cells[id]);
  return all.filter((id) => state.cells[id] || id === empty);
}

/**
 * The cell of the current study: the active one, else the one last used, else the first; null when no cell shows it.
 */
export function currentCell(state: SessionState): CellId | null {
  const shown = filledCells(state).flatMap(([id, cell]) => (isCurrent(state, cell) ? [id] : []));
  return [activeCell(state), state.lastCurrent].find((id) => shown.includes(id)) ?? shown[0] ?? null;
}

/** The first cell that shows a prior; null when none does. */
export function priorCell(state: SessionState): CellId | null {
  return filledCells(state).find(([, cell]) => !isCurrent(state, cell))?.[0] ?? null;
}

/** Whose images the current study is, as its objects say: name and patient ID; empty until one of its series has loaded. */
export function currentPatient(state: SessionState): string {
  const [, cell] = filledCells(state).find(([, cell]) => isCurrent(state, cell) && cell.loaded) ?? [];
  return [cell?.loaded?.patientName, cell?.loaded?.patientId].filter(Boolean).join(" · ");
}

/** A cell's name in `data-testid`: `"current"`, `"prior"`, or its id. */
export function nameOfCell(state: SessionState, id: CellId): string {
  if (id === currentCell(state)) return "current";
  return id === priorCell(state) ? "prior" : id;
}
