import { Keyboard, Rows3, Rows4 } from "lucide-react";
import type { Outputs, WorklistAnswer } from "../../_trpc/types.ts";
import { IconButton } from "../../_ui/button.tsx";
import type { Density } from "./density.ts";
import type { SavedList } from "./list-editor.tsx";
import type { lists } from "./lists.ts";

/** The lists there are, each with how many cases are on it; lists that somebody keeps only where pinned, or while shown. */
export function ListRail({
  builtIn,
  kept,
  chosen,
  counts,
  keptCounts,
  density,
  onShow,
  onDensity,
  onHelp,
}: {
  builtIn: readonly (typeof lists)[number][];
  kept: readonly SavedList[];
  chosen: string;
  counts: Partial<WorklistAnswer["counts"]>;
  keptCounts: Outputs["list"]["counts"];
  density: Density;
  onShow: (list: string) => void;
  onDensity: () => void;
  onHelp: () => void;
}) {
  const line = (id: string, words: string, count: number | undefined, more = "", title?: string) => (
    <button
      key={id}
      type="button"
      title={title}
      aria-current={chosen === id ? "true" : undefined}
      onClick={() => onShow(id)}
      className={`flex h-8 min-w-0 shrink-0 items-center justify-between gap-3 rounded-md px-2.5 text-left whitespace-nowrap hover:bg-hover max-md:gap-1.5 max-md:px-2 ${more} ${
        chosen === id ? "bg-selected font-medium" : "text-quiet"
      }`}
    >
      <span className="truncate">{words}</span>
      <span className="tabular text-xs">{count ?? ""}</span>
    </button>
  );
  return (
    <nav
      aria-label="Lists"
      className="flex shrink-0 gap-px border-line bg-panel p-1.5 max-md:overflow-x-auto max-md:border-b md:w-36 md:flex-col md:overflow-y-auto md:border-r 2xl:w-44"
    >
      {builtIn.map(({ id, label }) => line(id, label, counts[id]))}
      {kept
        .filter(({ pinned, listId }) => pinned || listId === chosen)
        .map(({ listId, name, by }, index) =>
          line(
            listId,
            name,
            keptCounts.find((each) => each.listId === listId)?.count,
            index === 0 ? "md:mt-2" : "",
            by === null ? name : `${name}, by ${by}`,
          ),
        )}
      <div className="mt-auto pt-2 max-md:hidden">
        <IconButton label={density === "dense" ? "Higher rows" : "Lower rows"} onClick={onDensity}>
          {density === "dense" ? <Rows3 className="size-4" /> : <Rows4 className="size-4" />}
        </IconButton>
        <IconButton label="Show the keys (?)" onClick={onHelp}>
          <Keyboard className="size-4" />
        </IconButton>
      </div>
    </nav>
  );
}
