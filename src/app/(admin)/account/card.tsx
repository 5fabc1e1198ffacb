import type { ReactNode } from "react";

/** One matter of the account page. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}
