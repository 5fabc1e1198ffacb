import type { KeptPresentation, Markup } from "@overread/shared/measurements/markup";
import type { KeptMeasurement } from "@overread/shared/measurements/measurement";
import { presentationsOf } from "./kept.ts";
import type { SessionState } from "./state.ts";

/** Scrolling and dragging change much in a moment. Milliseconds. */
const pause = 400;

/** Watches what is drawn and how series are looked at, and tells when it has come to rest as something else. */
export function createKeeper({
  state,
  own,
  tell,
}: {
  state: () => SessionState;
  /** Null before it is known what is kept. */
  own: () => KeptMeasurement[] | null;
  tell: (markup: Markup) => void;
}): { look(): void; seed(presentations: readonly KeptPresentation[]): void; close(): void } {
  let presentations: readonly KeptPresentation[] = [];
  let told: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): Markup | null => {
    const measurements = own();
    if (!measurements) return null;
    presentations = presentationsOf(state(), presentations);
    return { measurements, presentations: [...presentations] };
  };
  const settle = () => {
    timer = undefined;
    const markup = now();
    const text = JSON.stringify(markup);
    if (!markup || text === told) return;
    told = text;
    tell(markup);
  };
  return {
    look() {
      timer ??= setTimeout(settle, pause);
    },
    seed(kept) {
      const known = new Map(presentations.map((each) => [each.image.seriesInstanceUid, each]));
      presentations = [...kept.filter(({ image }) => !known.has(image.seriesInstanceUid)), ...known.values()];
      told = null;
    },
    /** What has not come to rest yet is told now. */
    close() {
      if (timer === undefined) return;
      clearTimeout(timer);
      settle();
    },
  };
}
