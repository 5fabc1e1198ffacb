import { mostReserved } from "@overread/shared/reservation";
import { Dialog } from "../../_ui/dialog.tsx";
import { Kbd } from "../../_ui/kbd.tsx";
import { useModKey } from "../../_ui/mod-key.ts";
import { lists, viewOnlyLists } from "./lists.ts";

/** Said as this keyboard calls it. */
const paletteKey = "mod K";
const keys: { caps: string[]; does: string; readers?: true }[] = [
  { caps: ["J", "↓"], does: "next row" },
  { caps: ["K", "↑"], does: "row above" },
  { caps: ["Enter"], does: "claim and read", readers: true },
  { caps: ["N"], does: "read the next case that is free", readers: true },
  { caps: ["S"], does: "skip: leave for later, with a reason", readers: true },
  { caps: ["P"], does: "change the priority, with a reason, where that is yours to do" },
  { caps: ["X"], does: "hand over what you hold, with a note", readers: true },
  { caps: ["R"], does: `reserve the next ${mostReserved} cases`, readers: true },
  { caps: ["/"], does: "filter; Esc clears it" },
  { caps: [paletteKey], does: "find and do" },
  { caps: ["?"], does: "these keys" },
];

export function KeyHelp({ open, onClose, mayRead }: { open: boolean; onClose: () => void; mayRead: boolean }) {
  const modKey = useModKey();
  const shown = keys.filter(({ readers }) => mayRead || !readers);
  const shownLists = lists.filter(({ id }) => mayRead || viewOnlyLists.includes(id));
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[7rem_1fr] gap-y-2 text-sm">
        {shown.map(({ caps, does }) => (
          <div key={does} className="contents">
            <dt className="flex gap-1">
              {caps.map((cap) => (
                <Kbd key={cap}>{cap === paletteKey ? `${modKey}K` : cap}</Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        {shownLists.map(({ id, digit, label }) => (
          <div key={id} className="contents">
            <dt>
              <Kbd>{digit}</Kbd>
            </dt>
            <dd>the list {label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
