import type { Frame } from "./frame.ts";
import { createStore } from "./store.ts";
import type { Viewport } from "./viewports/viewport.ts";

/**
 * Which images were on the screen, whole, in this tab. A reload keeps it, the end of the tab does not; what is kept are numbers made of the images'
 * addresses, not the addresses.
 */
const kept = "overread.viewer.seen";
const mostKept = 20_000;
let seen: Set<number> | null = null;
/** Changes with every image that comes to it. */
export const seenImages = createStore({ count: 0 });

/** FNV-1a, 32 bits. */
function numberOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function all(): Set<number> {
  seen ??= new Set(readKept());
  return seen;
}

function readKept(): number[] {
  try {
    return (sessionStorage.getItem(kept) ?? "").split(" ").flatMap((each) => (each ? [Number.parseInt(each, 36)] : []));
  } catch {
    // Without browser storage it holds until the page is left.
    return [];
  }
}

let isKeeping = false;
function keep(): void {
  if (isKeeping) return;
  isKeeping = true;
  setTimeout(() => {
    isKeeping = false;
    const newest = [...all()].slice(-mostKept);
    try {
      sessionStorage.setItem(kept, newest.map((each) => each.toString(36)).join(" "));
    } catch {
      // As above.
    }
  }, 1000);
}

export const isSeen = ({ imageId }: Pick<Frame, "imageId">): boolean => all().has(numberOf(imageId));

function noteSeen({ imageId }: Pick<Frame, "imageId">): void {
  const number = numberOf(imageId);
  if (all().has(number)) return;
  all().add(number);
  keep();
  seenImages.set({ count: all().size });
}

/**
 * Notes what a viewport shows: an image that is whole, and still there when the screen has been drawn once more, in a window that is in front and a
 * cell that has a size. What a loop shows counts, what a fast scroll leaves out does not.
 *
 * @returns ends it.
 */
export function watchSeen(viewport: Pick<Viewport, "frame" | "view">, element: HTMLElement): () => void {
  let waiting = 0;
  const isOnScreen = () => document.visibilityState === "visible" && element.clientWidth > 0;
  const look = () => {
    const frame = viewport.frame();
    if (!frame || isSeen(frame) || !isOnScreen()) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      waiting = requestAnimationFrame(() => {
        if (viewport.frame() === frame && isOnScreen()) noteSeen(frame);
      });
    });
  };
  const end = viewport.view.subscribe(look);
  document.addEventListener("visibilitychange", look);
  return () => {
    end();
    cancelAnimationFrame(waiting);
    document.removeEventListener("visibilitychange", look);
  };
}
