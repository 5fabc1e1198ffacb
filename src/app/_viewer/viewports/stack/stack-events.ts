import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { scrollEvent } from "../../tools/scroll-drag-tool.ts";

type Listeners = {
  /** The library is about to take another image. */
  onChanging(): void;
  /** It has taken one, and will draw it. */
  onImage(image: Types.IImage, index: number): void;
  onRendered(): void;
  onWindow(): void;
  onCamera(): void;
  /** A hand pulled through the images. */
  onScroll(images: number): void;
};

/** Listens to what the library tells of a viewport. @returns ends it. */
export function listenToStack(element: HTMLDivElement, to: Listeners): () => void {
  const listeners: [string, (event: Event) => void][] = [
    [core.Enums.Events.PRE_STACK_NEW_IMAGE, () => to.onChanging()],
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
