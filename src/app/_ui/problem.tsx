import { sentenceFor } from "../_trpc/errors.ts";

/** Why what somebody asked for was not done, under the form that asked for it; nothing without an error. */
export function Problem({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className="text-stat">
      {sentenceFor(error)}
    </p>
  ) : null;
}
