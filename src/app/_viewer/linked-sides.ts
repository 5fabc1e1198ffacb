import { type Link, linkAt, linkedIndex } from "./geometry.ts";
import type { Pane } from "./pane.ts";

type Side = "current" | "prior";

export type LinkedSides = {
  /** Ties the two sides together where they stand now, or lets them go. */
  relink(wanted: boolean): Link["by"] | null;
  unlink(): void;
  /** One side was moved to another image: the other goes along. */
  follow(side: Side, index: number): void;
};

/** Scrolling the current study and its prior together: by position in the body where both know it, by image number else. */
export function linkSides(paneOf: (side: Side) => Pane | undefined): LinkedSides {
  let link: Link | null = null;
  return {
    relink(wanted) {
      const one = paneOf("current")?.view.get();
      const two = paneOf("prior")?.view.get();
      link =
        wanted && one?.loaded && two?.loaded && one.loaded.frames.length > 0 && two.loaded.frames.length > 0
          ? linkAt(one.loaded.frames, one.index, two.loaded.frames, two.index)
          : null;
      return link?.by ?? null;
    },
    unlink() {
      link = null;
    },
    follow(side, index) {
      const other = paneOf(side === "current" ? "prior" : "current");
      const mine = paneOf(side)?.view.get().loaded;
      const theirs = other?.view.get().loaded;
      if (!link || !other || !mine || !theirs) return;
      const next = linkedIndex(link, mine.frames, index, theirs.frames, side === "prior");
      if (next !== null) other.goTo(next);
    },
  };
}
