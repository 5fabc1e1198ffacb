import { type CaseColumns, type CaseView, type SortColumn, sortColumns } from "@overread/shared/case-view";
import { ArrowDown, ArrowUp } from "lucide-react";
import { Button, IconButton } from "../../_ui/button.tsx";
import { SelectField } from "../../_ui/field.tsx";
import { columnChoices } from "./case-views.ts";
import { columnsFor } from "./columns.tsx";

const sortWords: Record<SortColumn, string> = {
  priority: "Priority",
  due: "Due",
  exam: "Modality",
  facility: "Facility",
  studyDate: "Study date and time",
  arrived: "Arrival",
  images: "Images",
  priors: "Priors",
  reader: "Reader",
  state: "State",
};

/** Up to three keys, the first counting most. */
export function Order({ sort, onChange }: { sort: CaseView["sort"]; onChange: (sort: CaseView["sort"]) => void }) {
  const text = (key: CaseView["sort"][number] | undefined) => (key ? `${key.down ? "-" : ""}${key.by}` : "");
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      {[0, 1, 2].map((place) =>
        place > sort.length ? null : (
          <SelectField
            key={place}
            label={place === 0 ? "By" : "then by"}
            value={text(sort[place])}
            onChange={({ target }) => {
              const down = target.value.startsWith("-");
              const by = target.value.replace("-", "") as SortColumn;
              const key = target.value === "" ? [] : [{ by, down }];
              onChange(
                [...sort.slice(0, place), ...key, ...sort.slice(place + 1)].filter(
                  (each, index, all) => all.findIndex((other) => other.by === each.by) === index,
                ),
              );
            }}
          >
            <option value="">{place === 0 ? "urgency" : "nothing more"}</option>
            {sortColumns.map((by) => [
              <option key={by} value={by}>
                {sortWords[by]}, upwards
              </option>,
              <option key={`-${by}`} value={`-${by}`}>
                {sortWords[by]}, downwards
              </option>,
            ])}
          </SelectField>
        ),
      )}
    </div>
  );
}

/** Which columns a list has, in what order, and how wide. */
export function Columns({
  columns,
  hospital,
  onChange,
}: {
  columns: CaseColumns;
  hospital: boolean;
  onChange: (columns: CaseColumns) => void;
}) {
  const choices = columnChoices(columns, columnsFor(hospital));
  const put = (next: typeof choices) =>
    onChange(
      next
        .filter(({ shown }) => shown)
        .map(({ id, width }) => ({ id: id as CaseColumns[number]["id"], ...(width ? { width } : {}) })),
    );
  const move = (from: number, to: number) => {
    const next = [...choices];
    const [column] = next.splice(from, 1);
    if (column) next.splice(to, 0, column);
    put(next);
  };
  return (
    <>
      <ol className="grid gap-1 sm:grid-cols-2">
        {choices.map((column, place) => (
          <li key={column.id} className="flex items-center gap-1.5">
            <label className="flex min-w-0 flex-1 items-center gap-1.5 text-[0.8125rem]">
              <input
                type="checkbox"
                checked={column.shown}
                onChange={({ target }) =>
                  put(choices.map((each) => (each === column ? { ...each, shown: target.checked } : each)))
                }
              />
              {column.label}
            </label>
            <input
              aria-label={`Width of ${column.label} in pixels`}
              inputMode="numeric"
              placeholder="auto"
              value={column.width ?? ""}
              disabled={!column.shown}
              onChange={({ target }) => {
                const width = Number.parseInt(target.value, 10);
                const fits = Number.isInteger(width) && width > 0 && width <= 800;
                put(choices.map((each) => (each === column ? { ...each, width: fits ? width : null } : each)));
              }}
              className="tabular h-7 w-14 rounded-md border border-line-strong bg-panel px-1.5 text-xs"
            />
            <IconButton
              label={`${column.label} further forward`}
              disabled={place === 0}
              onClick={() => move(place, place - 1)}
            >
              <ArrowUp className="size-3.5" />
            </IconButton>
            <IconButton
              label={`${column.label} further back`}
              disabled={place === choices.length - 1}
              onClick={() => move(place, place + 1)}
            >
              <ArrowDown className="size-3.5" />
            </IconButton>
          </li>
        ))}
      </ol>
      {columns.length > 0 ? (
        <Button look="quiet" className="self-start" onClick={() => onChange([])}>
          All columns, by the room there is
        </Button>
      ) : null}
    </>
  );
}
