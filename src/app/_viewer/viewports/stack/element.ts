/**
 * Cornerstone listens to keys on its element and consumes all of them, Tab included. We use none of its key bindings,
 * so key events are kept from it.
 */
export function keepKeysFromLibrary(element: HTMLDivElement): void {
  const listen = element.addEventListener.bind(element);
  element.addEventListener = (
    type: string,
    ...rest: [EventListenerOrEventListenerObject, AddEventListenerOptions?]
  ) => {
    if (type !== "keydown") listen(type, ...rest);
  };
}

/** The viewport's canvas as a JPEG; undefined before it shows anything. */
export function snapshotOf(element: HTMLDivElement, maxWidth: number): string | undefined {
  const canvas = element.querySelector<HTMLCanvasElement>("canvas.cornerstone-canvas");
  if (!canvas || canvas.width === 0) return undefined;
  const scale = Math.min(1, maxWidth / canvas.width);
  const small = document.createElement("canvas");
  small.width = Math.round(canvas.width * scale);
  small.height = Math.round(canvas.height * scale);
  small.getContext("2d")?.drawImage(canvas, 0, 0, small.width, small.height);
  return small.toDataURL("image/jpeg", 0.8);
}
