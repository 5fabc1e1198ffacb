import { mostReserved } from "@overread/shared/reservation";
import { BellPlus, BellRing, SlidersHorizontal } from "lucide-react";
import type { Ref } from "react";
import { Button, IconButton } from "../../_ui/button.tsx";
import { Kbd } from "../../_ui/kbd.tsx";

/** Above the rows: which list it is, what is searched for, and what can be done with the list as a whole. */
export function ListBar({
  title,
  text,
  onText,
  onLeaveText,
  says,
  status,
  watched,
  changed,
  onEdit,
  onWatch,
  onSave,
  onUndoChange,
  onReserve,
  ref,
}: {
  title: string | undefined;
  /** What somebody searches for; never in the address. */
  text: string;
  onText: (text: string) => void;
  /** The words are typed: back to the rows. */
  onLeaveText: () => void;
  /** What the list's filter keeps, in words. */
  says: string | null;
  /** How many rows. */
  status: string | null;
  /** Whether the caller is told of new cases on it; null: it is no list that somebody keeps. */
  watched: boolean | null;
  /** It is looked at otherwise than it was kept. */
  changed: boolean;
  onEdit: () => void;
  /** Null while it is being answered. */
  onWatch: (() => void) | null;
  /** Keeps the change; null: not the caller's to change, or nothing is changed. */
  onSave: (() => void) | null;
  onUndoChange: () => void;
  /** Null where nobody reserves. */
  onReserve: { run: () => void; pending: boolean } | null;
  ref: Ref<HTMLInputElement>;
}) {
  return (
    <div className="flex h-10 shrink-0 items-center gap-3 border-b border-line px-3">
      <h1 className="max-w-64 truncate font-semibold max-md:sr-only">{title}</h1>
      <label className="flex min-w-40 flex-1 items-center gap-2 md:max-w-96">
        <span className="sr-only">Filter by patient, id, examination or facility</span>
        <input
          ref={ref}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              if (text) onText("");
              else event.currentTarget.blur();
            }
            if (event.key === "Enter" || event.key === "ArrowDown") {
              event.currentTarget.blur();
              onLeaveText();
            }
          }}
          type="search"
          autoComplete="off"
          spellCheck={false}
          placeholder="Filter by patient, ID, exam, facility"
          className="h-7 w-full min-w-0 rounded-md border border-line bg-ground px-2"
        />
        <Kbd className="max-md:hidden">/</Kbd>
      </label>
      <IconButton label="Filter, order and columns" onClick={onEdit}>
        <SlidersHorizontal className="size-4" />
      </IconButton>
      {watched !== null ? (
        <IconButton
          label={watched ? "Tell me no more of new cases here" : "Tell me of each new case here"}
          aria-pressed={watched}
          disabled={!onWatch}
          onClick={onWatch ?? undefined}
        >
          {watched ? <BellRing className="size-4 text-accent" /> : <BellPlus className="size-4" />}
        </IconButton>
      ) : null}
      {onSave ? (
        <Button look="quiet" className="h-7 px-2" onClick={onSave} title="Keeps the list as it is shown now">
          Save
        </Button>
      ) : null}
      {changed ? (
        <Button look="quiet" className="h-7 px-2 whitespace-nowrap" onClick={onUndoChange}>
          As it was
        </Button>
      ) : null}
      <span className="min-w-0 truncate text-xs text-quiet max-lg:hidden">{says}</span>
      <span role="status" className="tabular ml-auto text-xs whitespace-nowrap text-quiet">
        {status}
      </span>
      {onReserve ? (
        <Button
          className="h-7 whitespace-nowrap max-md:hidden"
          disabled={onReserve.pending}
          onClick={onReserve.run}
          title="Nobody else claims them while you read; STAT cases stay free"
        >
          Reserve next {mostReserved} <Kbd>R</Kbd>
        </Button>
      ) : null}
    </div>
  );
}
