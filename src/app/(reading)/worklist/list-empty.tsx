import { Button } from "../../_ui/button.tsx";
import { EmptyState } from "../../_ui/empty-state.tsx";
import type { ListId } from "./lists.ts";

/** Why no row is here, and what to do. */
export function ListEmpty({
  list,
  text,
  arriving,
  onClear,
}: {
  /** Null: a list that somebody made. */
  list: ListId | null;
  text: string;
  arriving: number;
  onClear: () => void;
}) {
  if (text)
    return (
      <EmptyState title="No case here fits what you typed">
        <Button onClick={onClear}>Clear the filter</Button>
      </EmptyState>
    );
  if (list === null)
    return <EmptyState title="No case is on this list">It fills by itself as soon as there is one.</EmptyState>;
  if (list === "mine") return <EmptyState title="You hold no case">Press N to claim the next one.</EmptyState>;
  if (list === "final")
    return (
      <EmptyState title="Nothing was signed within a day">Type to search everything that was ever signed.</EmptyState>
    );
  if (list === "stat") return <EmptyState title="No STAT case is open" />;
  return (
    <EmptyState title="Nothing waits to be read">
      {arriving > 0
        ? `${arriving === 1 ? "One study is" : `${arriving} studies are`} arriving now and will appear here as soon as ${arriving === 1 ? "it is" : "they are"} complete.`
        : "No study is on its way at the moment. The next one appears here by itself."}
    </EmptyState>
  );
}
