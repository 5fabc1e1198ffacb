import { Children, cloneElement, Fragment, isValidElement, type ReactElement, type ReactNode } from "react";

type Cell = ReactElement<{ "data-label"?: string; children?: ReactNode }>;
type Row = ReactElement<{ children?: ReactNode }>;

/**
 * A table of an office page. On a phone each row becomes a card and each cell is labelled with its heading, so that
 * nothing scrolls sideways.
 */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  /** One heading per column; an empty one belongs to a column of buttons. */
  head: string[];
  children: ReactNode;
}) {
  return (
    <section
      className="relative overflow-x-auto rounded-lg border border-line bg-panel"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full border-collapse text-left text-[0.8125rem] max-md:block">
        <thead className="text-xs text-quiet max-md:hidden">
          <tr className="border-b border-line">
            {head.map((heading) => (
              <th key={heading} scope="col" className="h-9 px-3 font-medium whitespace-nowrap">
                {heading || <span className="sr-only">Act</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-md:block [&_td]:px-3 [&_td]:py-2 [&_td]:align-baseline [&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-b-0 max-md:[&_td]:block max-md:[&_td]:p-0 max-md:[&_td]:text-left max-md:[&_td:empty]:hidden! max-md:[&_td[data-label]]:flex max-md:[&_td[data-label]]:gap-3 max-md:[&_td[data-label]]:before:w-24 max-md:[&_td[data-label]]:before:shrink-0 max-md:[&_td[data-label]]:before:text-quiet max-md:[&_td[data-label]]:before:content-[attr(data-label)] max-md:[&>tr]:flex max-md:[&>tr]:flex-col max-md:[&>tr]:gap-1 max-md:[&>tr]:px-3 max-md:[&>tr]:py-3">
          {Children.map(children, (row) => (isValidElement(row) ? labelled(row as Row, head) : row))}
        </tbody>
      </table>
    </section>
  );
}

/** The first cell is the card's title and needs no label. */
function labelled(row: Row, head: string[]): Row {
  const cells = Children.toArray(row.props.children).map((cell, index) => {
    if (index === 0 || !head[index] || !isValidElement(cell)) return cell;
    const { children } = (cell as Cell).props;
    // On a phone label and content stand side by side, and what is in several pieces must stay one.
    const inPieces = Children.toArray(children).length > 1 || (isValidElement(children) && children.type === Fragment);
    const whole = inPieces ? <div className="min-w-0">{children}</div> : children;
    return cloneElement(cell as Cell, { "data-label": head[index] }, whole);
  });
  return cloneElement(row, {}, cells);
}
