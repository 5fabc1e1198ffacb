import type { ReactNode } from "react";
import { sentenceFor } from "../../_trpc/errors.ts";

/** One matter of the account page. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}

export function Problem({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className="text-stat">
      {sentenceFor(error)}
    </p>
  ) : null;
}
