import type { ReactNode } from "react";

/** A table of the office: scrolls sideways by itself on a phone instead of pushing the page apart. */
export function Table({ label, head, children }: { label: string; head: ReactNode[]; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="overflow-x-auto rounded-lg border border-line bg-panel" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse text-left text-[0.8125rem]">
        <thead className="text-xs text-quiet">
          <tr className="border-b border-line">
            {head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headings do not move
              <th key={index} scope="col" className="h-9 px-3 font-medium whitespace-nowrap">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-b-0 [&_td]:px-3 [&_td]:py-2 [&_td]:align-top">
          {children}
        </tbody>
      </table>
    </section>
  );
}
