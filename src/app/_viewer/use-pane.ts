import { useCallback, useSyncExternalStore } from "react";
import type { Pane } from "./pane.ts";
import type { PaneView } from "./pane-view.ts";
import type { Session, Side } from "./session.ts";

/** The pane of a side, once there is one, and what it shows. */
export function usePane(session: Session, side: Side): { pane: Pane | null; view: PaneView | null } {
  const pane = useSyncExternalStore(session.onPanes, () => session.pane(side));
  const subscribe = useCallback((listener: () => void) => pane?.view.subscribe(listener) ?? (() => {}), [pane]);
  const view = useSyncExternalStore(subscribe, () => pane?.view.get() ?? null);
  return { pane, view };
}
