import type { SessionView } from "./session-view.ts";
import type { Store } from "./store.ts";
import type { StudyForViewing } from "./types.ts";

/** The one question before a prior is shown that may be of somebody else, asked once for each. */
export type PriorQuestion = {
  /** True: the reader has to answer first, and `then` follows a yes. */
  asks(study: StudyForViewing, then: () => void): boolean;
  /** The answer about the prior in `asking`: yes notes it and shows the prior. */
  answer(yes: boolean): void;
};

/** @param accept notes the yes where it is kept; a prior whose yes could not be noted is asked about again. */
export function createPriorQuestion(
  view: Store<SessionView>,
  accept: (study: StudyForViewing) => Promise<void> | void,
): PriorQuestion {
  /** Priors in doubt that the reader has said to show. */
  const accepted = new Set<string>();
  let afterYes: (() => void) | null = null;
  return {
    asks(study, then) {
      if (!study.doubt || accepted.has(study.studyInstanceUid)) return false;
      afterYes = then;
      view.set({ asking: study });
      return true;
    },
    answer(yes) {
      const asked = view.get().asking;
      const then = afterYes;
      afterYes = null;
      view.set({ asking: null });
      if (!asked || !yes) return;
      Promise.resolve(accept(asked)).then(
        () => {
          accepted.add(asked.studyInstanceUid);
          then?.();
        },
        // It could not be noted, so it is not shown; the reader is asked again.
        () => {
          afterYes = then;
          view.set({ asking: asked });
        },
      );
    },
  };
}
