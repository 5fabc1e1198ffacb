import * as core from "@cornerstonejs/core";

let shared: core.RenderingEngine | null = null;
let listens = false;
let lost = false;

/**
 * The page's one rendering engine, with its one WebGL context. It outlives the viewer that uses it: a context and its shaders take longer to
 * make than anything else that is shown first. Viewports are enabled on it, and disabled when they go. Call after the library is initialised.
 */
export function sharedEngine(): core.RenderingEngine {
  if (!listens)
    core.eventTarget.addEventListener(core.Enums.Events.WEBGL_CONTEXT_LOST, () => {
      lost = true;
    });
  listens = true;
  // A lost context draws nothing any more; as long as viewports are on it the library tells them.
  if (shared && lost && shared.getViewports().length === 0) {
    shared.destroy();
    shared = null;
  }
  if (!shared) {
    lost = false;
    shared = new core.RenderingEngine("viewer");
  }
  return shared;
}

const sizeKey = "overread-viewport";
type Size = { width: number; height: number };

/** Keeps how large a viewport was, for the next time that the page is opened. */
export function rememberSize({ clientWidth: width, clientHeight: height }: HTMLElement): void {
  try {
    localStorage.setItem(sizeKey, `${width}x${height}`);
  } catch {
    // Where nothing may be kept the buffer is made of another size first.
  }
}

/** How large a viewport was last, or about is on a screen like this one. CSS pixels. */
export function lastSize(): Size {
  const guess = { width: Math.round(innerWidth * 0.7), height: Math.round(innerHeight * 0.8) };
  try {
    const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(localStorage.getItem(sizeKey) ?? "") ?? [];
    return width && height ? { width: Number(width), height: Number(height) } : guess;
  } catch {
    return guess;
  }
}
