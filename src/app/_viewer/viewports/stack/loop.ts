import { delayBefore, nextImage, type Playback, playbackOf } from "../../playback.ts";
import type { Cell } from "../../session/cell.ts";
import { createCine } from "./cine.ts";

export type Loop = {
  /** Plays or stops, as the cell wishes. */
  sync(cell: Cell): void;
  stop(): void;
};

/**
 * The loop of one viewport.
 *
 * @param stands whether an image is on the screen, so that the next one may follow it.
 * @param isHere whether an image can be shown at once.
 * @param onTurn told of the next image.
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
  const next = () => nextImage(playback, cell().look.index, direction);
  const cine = createCine(
    () => delayBefore(playback, next().index, cell().look.fps),
    () => {
      const turn = next();
      if (!stands(cell().look.index) || !isHere(turn.index)) return false;
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
    sync({ loaded, look }) {
      if (look.playing === playing) return;
      if (!look.playing) return stop();
      playback = playbackOf(loaded?.frames ?? [], look.index);
      direction = 1;
      playing = true;
      cine.start();
    },
    stop,
  };
}
