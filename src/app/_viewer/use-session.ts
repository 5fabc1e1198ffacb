import { useCallback, useSyncExternalStore } from "react";
import type { Cell, CellId } from "./session/cell.ts";
import type { Session } from "./session/run.ts";
import type { SessionState } from "./session/state.ts";
import type { Viewport, ViewportView } from "./viewports/viewport.ts";

/**
 * Subscribes to a part of the session's state. @param select must return the same value while that part is unchanged.
 */
export function useSession<T>(session: Session, select: (state: SessionState) => T): T {
  return useSyncExternalStore(session.subscribe, () => select(session.state()));
}

/** A cell's state, and what its viewport shows, once it exists. */
export function useCell(
  session: Session,
  id: CellId,
): { cell: Cell | undefined; viewport: Viewport | null; view: ViewportView | null } {
  const cell = useSession(session, ({ cells }) => cells[id]);
  const viewport = useSyncExternalStore(session.onViewports, () => session.viewport(id));
  const subscribe = useCallback((listener: () => void) => viewport?.view.subscribe(listener) ?? (() => {}), [viewport]);
  const view = useSyncExternalStore(subscribe, () => viewport?.view.get() ?? null);
  return { cell, viewport, view };
}
