import { useMemo, useSyncExternalStore } from "react";
import styles from "./cell-frame.module.css";
import { isLoaded } from "./cornerstone.ts";
import { type ImageState, stretches } from "./coverage.ts";
import type { Frame } from "./frame.ts";
import { isSeen, seenImages } from "./seen.ts";

const tones: Record<ImageState, string> = { away: "transparent", here: "#59626a", shown: "#2f8ea6" };

/** The bar at the right edge: the position in the stack, which images are here, and which were on the screen. */
export function PositionBar({
  index,
  frames,
  ready,
  onGo,
}: {
  index: number;
  frames: readonly Frame[];
  /** How many are loaded: with another number the bar is drawn again. */
  ready: number;
  onGo: (index: number) => void;
}) {
  const { count } = useSyncExternalStore(seenImages.subscribe, seenImages.get, seenImages.get);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both say that an image has come to what is asked here
  const states = useMemo(
    () => frames.map((frame): ImageState => (isSeen(frame) ? "shown" : isLoaded(frame) ? "here" : "away")),
    [frames, ready, count],
  );
  const total = frames.length;
  const stops = stretches(states).map(
    ({ state, from, to }) => `${tones[state]} ${(100 * from) / total}% ${(100 * to) / total}%`,
  );
  const shown = states.filter((state) => state === "shown").length;
  return (
    <div className={styles.position} data-shown={shown} title={`${shown} of ${total} images were on the screen`}>
      <div className={styles.states} style={{ background: `linear-gradient(to bottom, ${stops.join(", ")})` }} />
      <input
        type="range"
        min={0}
        max={total - 1}
        step={1}
        value={index}
        aria-label="Image"
        aria-valuetext={`Image ${index + 1} of ${total}, ${shown} shown so far`}
        tabIndex={-1}
        onChange={(event) => onGo(Number(event.target.value))}
        onPointerUp={(event) => event.currentTarget.blur()}
      />
    </div>
  );
}
