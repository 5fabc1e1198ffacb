import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../_ui/button.tsx";
import { audienceWords } from "../../_ui/in-words.ts";
import { useToast } from "../../_ui/toast.tsx";
import { mostSteps, nextRow, type Row, readRows, rowsOf, type Step, sameSteps } from "./ladder-rows.ts";

const control = "h-9 rounded-md border border-line-strong bg-panel px-2.5 text-sm text-text";

/** The steps of a ladder as sentences whose parts are controls. */
export function LadderSteps({
  rows,
  usual,
  onEdit,
}: {
  rows: readonly Row[];
  usual: readonly Step[];
  onEdit: (change: (rows: Row[]) => Row[]) => void;
}) {
  const toast = useToast();
  const put = (key: number, change: Partial<Row>) =>
    onEdit((now) => now.map((row) => (row.key === key ? { ...row, ...change } : row)));
  const remove = (row: Row) => {
    onEdit((now) => now.filter(({ key }) => key !== row.key));
    toast(`The step at ${row.percent || "…"} % is taken out.`, {
      action: {
        label: "Undo",
        run: () => onEdit((now) => (now.some(({ key }) => key === row.key) ? now : [...now, row])),
      },
    });
  };
  const { steps } = readRows(rows);
  const isUsual = steps !== null && sameSteps(steps, usual);
  return (
    <>
      {rows.length === 0 ? (
        <p className="text-urgent">No steps: nobody is told, however late a case is.</p>
      ) : (
        <ol aria-label="Steps" className="flex flex-col gap-2">
          {rows.map((row, place) => (
            <li key={row.key} className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span>At</span>
              <input
                aria-label={`Share of the promised time at which step ${place + 1} is due, in per cent`}
                inputMode="numeric"
                value={row.percent}
                maxLength={4}
                onChange={({ target }) => put(row.key, { percent: target.value })}
                className={`${control} tabular w-16 text-right`}
              />
              <span>% tell</span>
              <select
                aria-label={`Whom step ${place + 1} tells`}
                value={row.to}
                onChange={({ target }) => put(row.key, { to: target.value as Row["to"] })}
                className={control}
              >
                {Object.entries(audienceWords).map(([to, words]) => (
                  <option key={to} value={to}>
                    {words}
                  </option>
                ))}
              </select>
              <IconButton label={`Take out step ${place + 1}`} onClick={() => remove(row)}>
                <X className="size-4" aria-hidden="true" />
              </IconButton>
            </li>
          ))}
        </ol>
      )}
      <p className="text-xs text-quiet">
        Whoever reads it: who has it open, keeps it, or was given or offered it. Readers who may read it: those who are
        there; all of them where nobody is, and the lead where nobody may. The site: technologists and administrators of
        the facility.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button disabled={rows.length >= mostSteps} onClick={() => onEdit((now) => [...now, nextRow(now)])}>
          <Plus className="size-4" aria-hidden="true" />
          Add a step
        </Button>
        {isUsual ? null : <Button onClick={() => onEdit(() => rowsOf(usual))}>The usual steps</Button>}
      </div>
    </>
  );
}
