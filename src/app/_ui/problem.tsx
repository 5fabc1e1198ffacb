import { messageFor } from "../_trpc/errors.ts";

/** An error message under the form that caused it; renders nothing without an error. */
export function Problem({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className="text-stat">
      {messageFor(error)}
    </p>
  ) : null;
}
