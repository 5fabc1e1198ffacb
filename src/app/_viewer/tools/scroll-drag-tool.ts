import { BaseTool, type Types } from "@cornerstonejs/tools";

type Drag = { detail: { element: HTMLDivElement; deltaPoints: { canvas: [number, number] } } };

/** Said to the viewport's element: go this many images on. The pane listens. */
export const scrollEvent = "overread:scroll";

/**
 * Paging by dragging, for one finger and for a mouse. Only reports steps: the pane decides what is loaded and
 * what a linked neighbour does, which the library's own scrolling would go around.
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
