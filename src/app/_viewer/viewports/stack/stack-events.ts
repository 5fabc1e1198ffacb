import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { scrollEvent } from "../../tools/scroll-drag-tool.ts";

type Listeners = {
  /** The library is about to switch to another image. */
  onBeforeImage(): void;
  /** The library has switched and will draw the image. */
  onImage(image: Types.IImage, index: number): void;
  onRendered(): void;
  onWindow(): void;
  onCamera(): void;
  /** The reader dragged through the images. */
  onScroll(images: number): void;
};

/** Subscribes to the library's events of a viewport. @returns unsubscribes. */
export function listenToStack(element: HTMLDivElement, to: Listeners): () => void {
  const listeners: [string, (event: Event) => void][] = [
    [core.Enums.Events.PRE_STACK_NEW_IMAGE, () => to.onBeforeImage()],
    [
      core.Enums.Events.STACK_NEW_IMAGE,
      (event) => {
        const { detail } = event as CustomEvent<{ image: Types.IImage; imageIdIndex: number }>;
        to.onImage(detail.image, detail.imageIdIndex);
      },
    ],
    [core.Enums.Events.IMAGE_RENDERED, () => to.onRendered()],
    [core.Enums.Events.VOI_MODIFIED, () => to.onWindow()],
    [core.Enums.Events.CAMERA_MODIFIED, () => to.onCamera()],
    [scrollEvent, (event) => to.onScroll((event as CustomEvent<number>).detail)],
  ];
  for (const [name, listener] of listeners) element.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of listeners) element.removeEventListener(name, listener);
  };
}
