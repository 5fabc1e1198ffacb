import { BaseTool, type Types } from "@cornerstonejs/tools";

type Drag = { detail: { element: HTMLDivElement; deltaPoints: { canvas: [number, number] } } };

/** Custom event on the viewport's element: go this many images on. */
export const scrollEvent = "overread:scroll";

/**
 * Paging by dragging, with a finger or the mouse. Only reports steps: the session decides what is loaded and what
 * linked cells do, which the library's own scrolling would bypass.
 */
export class ScrollDragTool extends BaseTool {
  static override toolName = "ScrollDrag";
  #left = 0;

  constructor(
    props: Types.PublicToolProps = {},
    defaults: Types.ToolProps = { supportedInteractionTypes: ["Mouse", "Touch"], configuration: {} },
  ) {
    super(props, defaults);
  }

  mouseDragCallback(event: Drag): void {
    this.#drag(event);
  }

  touchDragCallback(event: Drag): void {
    this.#drag(event);
  }

  #drag({ detail: { element, deltaPoints } }: Drag): void {
    const images = Number(element.dataset.count ?? 1);
    const perImage = Math.max(3, Math.min(24, element.clientHeight / Math.max(images, 8)));
    this.#left += deltaPoints.canvas[1];
    const steps = Math.trunc(this.#left / perImage);
    if (steps === 0) return;
    this.#left -= steps * perImage;
    element.dispatchEvent(new CustomEvent(scrollEvent, { detail: steps }));
  }
}
