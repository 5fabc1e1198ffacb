import { stackOpening } from "../hanging.ts";
import { openingDocument, openingSeries } from "../matching-series.ts";
import type { ViewerProps } from "../types.ts";
import { doubtBefore } from "./doubt.ts";
import { hung, priorHung, roomForPrior } from "./hang.ts";
import { cellAt } from "./places.ts";
import type { SessionState } from "./state.ts";

/**
 * What a session begins with: the current study alone, and the prior that the page asks for beside it.
 *
 * @param touch the finger pages, where a mouse would window.
 */
export function beginning(props: ViewerProps, touch: boolean): SessionState {
  const { current, priors, compact = false, initialPrior } = props;
  const words = openingDocument(current.series);
  const first = cellAt(1, 1);
  const empty: SessionState = {
    studies: { current, priors },
    compact,
    layout: { rows: 1, columns: 1 },
    cells: {},
    active: first,
    lastCurrent: first,
    alone: false,
    tool: touch || compact ? "scroll" : "window",
    linked: true,
    links: {},
    stackOpening: stackOpening(),
    asking: null,
    accepted: [],
    document: words && { study: current, series: words },
    measurements: [],
    painted: false,
    fault: null,
    marked: null,
    past: [],
  };
  const state = hung(empty, first, current, openingSeries(current.series));
  const prior = compact ? undefined : priors.find(({ studyInstanceUid }) => studyInstanceUid === initialPrior);
  if (!prior) return state;
  const asking = doubtBefore(state, { type: "choose-prior", study: prior });
  if (asking) return { ...state, asking };
  const [roomy, id] = roomForPrior(state);
  return priorHung(roomy, id, prior);
}
