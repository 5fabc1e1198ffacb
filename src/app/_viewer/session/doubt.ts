import type { StudyForViewing } from "../types.ts";
import type { Action, ReaderAction } from "./actions.ts";
import { studyKey } from "./cell.ts";
import type { SessionState } from "./state.ts";

/**
 * A prior whose patient identity is in doubt is shown, in any cell and by any action, only after the reader has
 * confirmed it.
 *
 * @returns the question to ask before this action, with the action that waits for the answer; null when it may proceed.
 */
export function questionBefore(state: SessionState, action: Action): SessionState["question"] {
  const ask = (study: StudyForViewing | undefined, pending: ReaderAction) =>
    inDoubt(state, study) ? { study, pending } : null;
  switch (action.type) {
    case "open":
    case "put":
    case "choose-prior":
    case "open-document":
      return ask(action.study, action);
    case "jump":
      return ask(studyOfSeries(state, action.to.seriesInstanceUid), action);
    default:
      return null;
  }
}

function inDoubt(state: SessionState, study: StudyForViewing | undefined): study is StudyForViewing {
  return Boolean(study?.doubt) && !state.accepted.includes(studyKey(study as StudyForViewing));
}

/** The study on the page that contains a series. */
export function studyOfSeries({ studies }: SessionState, seriesInstanceUid: string): StudyForViewing | undefined {
  return [studies.current, ...studies.priors].find(({ series }) =>
    series.some((each) => each.seriesInstanceUid === seriesInstanceUid),
  );
}

/** The prior that the shortcut hangs: the first one that is certainly of the same patient, else the first in doubt. */
export function defaultPrior({ studies: { priors } }: SessionState): StudyForViewing | undefined {
  return priors.find(({ doubt }) => !doubt) ?? priors[0];
}
