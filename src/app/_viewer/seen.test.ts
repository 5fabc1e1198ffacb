import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Frame } from "./frame.ts";
import { isSeen, seenImages, watchSeen } from "./seen.ts";
import { createStore } from "./store.ts";
import { emptyView, type ViewportView } from "./viewports/viewport.ts";

/** The screen: what waits for its next picture. */
let next = new Map<number, () => void>();
let handles = 0;
const draw = () => {
  const now = next;
  next = new Map();
  for (const each of now.values()) each();
};
const page = new EventTarget() as EventTarget & { visibilityState: string };
Object.assign(globalThis, {
  document: page,
  requestAnimationFrame: (then: () => void) => {
    next.set(++handles, then);
    return handles;
  },
  cancelAnimationFrame: (handle: number) => next.delete(handle),
});
beforeEach(() => {
  page.visibilityState = "visible";
  next.clear();
});

let images = 0;
function opened() {
  const element = { clientWidth: 400 } as HTMLElement & { clientWidth: number };
  const view = createStore<ViewportView>(emptyView);
  let frame: Frame | null = null;
  const viewport = { view, frame: () => frame };
  const end = watchSeen(viewport, element);
  return {
    element,
    end,
    /** @param whole an image that is still coming is on the screen, but not it. */
    show(whole = true): Frame {
      const made = { imageId: `wadors:image ${++images}` } as Frame;
      frame = whole ? made : null;
      view.set({ shown: images });
      return made;
    },
  };
}

test("an image counts once it was on the screen, whole, for a picture", () => {
  const { show, end } = opened();
  const before = seenImages.get().count;
  const image = show();
  assert.equal(isSeen(image), false, "asked for, not drawn");
  draw();
  draw();
  assert.equal(isSeen(image), true);
  assert.equal(seenImages.get().count, before + 1);
  end();
});

test("what a fast scroll passes over, what is not sharp yet, and what lies in a hidden cell or window was not seen", () => {
  const { show, element, end } = opened();
  const passed = show();
  const stayed = show();
  draw();
  draw();
  assert.deepEqual([isSeen(passed), isSeen(stayed)], [false, true]);
  const coming = show(false);
  draw();
  draw();
  assert.equal(isSeen(coming), false);
  Object.assign(element, { clientWidth: 0 });
  const behind = show();
  draw();
  draw();
  assert.equal(isSeen(behind), false, "another cell is maximized");
  Object.assign(element, { clientWidth: 400 });
  page.visibilityState = "hidden";
  const away = show();
  draw();
  draw();
  assert.equal(isSeen(away), false, "another window is in front");
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  draw();
  draw();
  assert.equal(isSeen(away), true, "it is looked at again");
  end();
});

test("each image of a loop counts that stays for a picture", () => {
  const { show, end } = opened();
  const loop = Array.from({ length: 5 }, () => {
    const image = show();
    draw();
    draw();
    return image;
  });
  assert.ok(loop.every(isSeen));
  end();
  const after = show();
  draw();
  draw();
  assert.equal(isSeen(after), false, "the viewport is closed");
});
