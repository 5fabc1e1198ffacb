import { stackOpening } from "../hanging.ts";
import { openingDocument, openingSeries } from "../matching-series.ts";
import { bytesForVolumes } from "../memory.ts";
import type { ViewerProps } from "../types.ts";
import { questionBefore } from "./doubt.ts";
import { cellForPrior, hangPrior, hangSeries } from "./hang.ts";
import { cellAt } from "./places.ts";
import { hangingOf, showStage } from "./stages.ts";
import type { SessionState } from "./state.ts";

/**
 * The state a session starts with: the current study, and beside it the prior that the page asks for.
 *
 * @param touch a touch screen, where one finger pages; a mouse changes the window.
 */
export function initialState(props: ViewerProps, touch: boolean): SessionState {
  const { current, priors, compact = false, initialPrior, protocols = [] } = props;
  const words = openingDocument(current.series);
  const first = cellAt(1, 1);
  const empty: SessionState = {
    studies: { current, priors },
    compact,
    layout: { rows: 1, columns: 1 },
    cells: {},
    active: first,
    lastCurrent: first,
    protocols,
    hanging: compact ? null : hangingOf({ current, priors }, protocols),
    maximized: false,
    tool: touch || compact ? "scroll" : "window",
    linked: true,
    links: {},
    stackOpening: stackOpening(),
    crosses: {},
    aside: null,
    volumeBytes: bytesForVolumes(),
    question: null,
    accepted: [],
    document: words && { study: current, series: words },
    measurements: [],
    lost: [],
    looked: [],
    painted: false,
    fault: null,
    marked: null,
    past: [],
  };
  const state = empty.hanging ? showStage(empty, 0) : hangSeries(empty, first, current, openingSeries(current.series));
  const prior = compact ? undefined : priors.find(({ studyInstanceUid }) => studyInstanceUid === initialPrior);
  if (!prior) return state;
  const question = questionBefore(state, { type: "choose-prior", study: prior });
  if (question) return { ...state, question };
  const [roomy, id] = cellForPrior(state);
  return hangPrior(roomy, id, prior);
}
