/** An error with a message for the reader. */
export class ViewerError extends Error {
  readonly kind: "signed-out" | "not-there" | "unreachable" | "unreadable";

  constructor(kind: ViewerError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
