import type { StudyForViewing } from "../types.ts";
import type { Action, Deed } from "./actions.ts";
import { studyKey } from "./cell.ts";
import type { SessionState } from "./state.ts";

/**
 * A prior of which it is not certain that it is of the same person is shown, in whatever cell and by whatever way, only once
 * the reader has said so.
 *
 * @returns the question to be asked before this action, with the action that waits for it; null when it may go on.
 */
export function doubtBefore(state: SessionState, action: Action): SessionState["asking"] {
  const ask = (study: StudyForViewing | undefined, deed: Deed) => (inDoubt(state, study) ? { study, deed } : null);
  switch (action.type) {
    case "open":
    case "put":
    case "choose-prior":
    case "open-document":
      return ask(action.study, action);
    case "jump":
      return ask(studyWith(state, action.to.seriesInstanceUid), action);
    default:
      return null;
  }
}

function inDoubt(state: SessionState, study: StudyForViewing | undefined): study is StudyForViewing {
  return Boolean(study?.doubt) && !state.accepted.includes(studyKey(study as StudyForViewing));
}

/** The study on the page that has a series. */
export function studyWith({ studies }: SessionState, seriesInstanceUid: string): StudyForViewing | undefined {
  return [studies.current, ...studies.priors].find(({ series }) =>
    series.some((each) => each.seriesInstanceUid === seriesInstanceUid),
  );
}

/** What the key for a prior hangs by itself: one that is surely of the same person; the first in doubt where there is no other. */
export function priorOfChoice({ studies: { priors } }: SessionState): StudyForViewing | undefined {
  return priors.find(({ doubt }) => !doubt) ?? priors[0];
}
