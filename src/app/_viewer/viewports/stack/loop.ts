import { delayBefore, nextImage, type Playback, playbackOf } from "../../playback.ts";
import type { Cell } from "../../session/cell.ts";
import { createCine } from "./cine.ts";

export type Loop = {
  /** Starts or stops as the cell says. */
  sync(cell: Cell): void;
  stop(): void;
};

/**
 * The cine loop of one viewport.
 *
 * @param stands whether the current image has been drawn, so that the next may follow.
 * @param isHere whether an image is loaded.
 * @param onTurn called with the index of the next image.
 */
export function createLoop(
  cell: () => Cell,
  stands: (index: number) => boolean,
  isHere: (index: number) => boolean,
  onTurn: (index: number) => void,
): Loop {
  let playback: Playback = playbackOf([], 0);
  let direction: 1 | -1 = 1;
  let playing = false;
  const next = () => nextImage(playback, cell().presentation.index, direction);
  const cine = createCine(
    () => delayBefore(playback, next().index, cell().presentation.fps),
    () => {
      const turn = next();
      if (!stands(cell().presentation.index) || !isHere(turn.index)) return false;
      direction = turn.direction;
      onTurn(turn.index);
      return true;
    },
  );
  function stop(): void {
    cine.stop();
    playing = false;
  }
  return {
    sync({ loaded, presentation }) {
      if (presentation.playing === playing) return;
      if (!presentation.playing) return stop();
      playback = playbackOf(loaded?.frames ?? [], presentation.index);
      direction = 1;
      playing = true;
      cine.start();
    },
    stop,
  };
}
