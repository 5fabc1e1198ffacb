import { mostReserved } from "@overread/shared/reservation";
import { Dialog } from "../../_ui/dialog.tsx";
import { Kbd } from "../../_ui/kbd.tsx";
import { useModKey } from "../../_ui/mod-key.ts";
import { lists } from "./lists.ts";

/** Said as this keyboard calls it. */
const paletteKey = "mod K";
const keys: [string[], string][] = [
  [["J", "↓"], "next row"],
  [["K", "↑"], "row above"],
  [["Enter"], "claim and read"],
  [["N"], "read the next case that is free"],
  [["S"], "skip: leave for later, with a reason"],
  [["P"], "change the priority, with a reason"],
  [["X"], "hand over what you hold, with a note"],
  [["R"], `reserve the next ${mostReserved} cases`],
  [["/"], "filter; Esc clears it"],
  [[paletteKey], "find and do"],
  [["?"], "these keys"],
];

export function KeyHelp({ open, onClose, mayRead }: { open: boolean; onClose: () => void; mayRead: boolean }) {
  const modKey = useModKey();
  const shown = mayRead ? keys : keys.filter(([, what]) => !/claim|free|skip|reserve|priority|hand over/.test(what));
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[7rem_1fr] gap-y-2 text-sm">
        {shown.map(([caps, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {caps.map((cap) => (
                <Kbd key={cap}>{cap === paletteKey ? `${modKey}K` : cap}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        {mayRead ? (
          <div className="contents">
            <dt className="flex gap-1">
              <Kbd>1</Kbd>…<Kbd>5</Kbd>
            </dt>
            <dd>{lists.map((list) => list.label).join(", ")}</dd>
          </div>
        ) : null}
      </dl>
    </Dialog>
  );
}
