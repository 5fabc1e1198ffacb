"use client";

import { Command } from "cmdk";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Kbd } from "./kbd.tsx";

export type PaletteCommand = {
  id: string;
  group: string;
  label: string;
  /** Additional search terms. */
  keywords?: string[];
  hint?: ReactNode;
  keys?: string;
  run: () => void;
};

/** The command palette (⌘K): commands of the page and its cases, by typing. */
export function Palette({ commands, label }: { commands: PaletteCommand[]; label: string }) {
  const ref = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      setOpen((was) => !was);
    };
    const onAsk = () => setOpen(true);
    document.addEventListener("keydown", onKey);
    document.addEventListener("overread:palette", onAsk);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("overread:palette", onAsk);
    };
  }, []);
  useEffect(() => {
    const dialog = ref.current;
    if (open && dialog && !dialog.open) {
      dialog.showModal();
      // By default the dialog would focus the list's frame.
      dialog.querySelector("input")?.focus();
    }
    if (!open && dialog?.open) dialog.close();
  }, [open]);

  const groups = [...new Set(commands.map((command) => command.group))];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; the click is on the backdrop
    <dialog
      ref={ref}
      aria-label={label}
      onClose={() => setOpen(false)}
      onClick={(event) => event.target === ref.current && setOpen(false)}
      className="mx-auto mt-[12vh] mb-auto w-[min(38rem,calc(100vw-2rem))] overflow-hidden rounded-lg border border-line bg-panel p-0 text-text shadow-float"
    >
      {open ? (
        <Command label={label} loop>
          <Command.Input
            placeholder="Go to, find a patient, do…"
            className="h-11 w-full border-b border-line bg-transparent px-4 text-[0.9375rem] focus-visible:outline-none"
          />
          <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1.5">
            <Command.Empty className="px-3 py-6 text-center text-quiet">
              Nothing by that name on this page.
            </Command.Empty>
            {groups.map((group) => (
              <Command.Group
                key={group}
                heading={group}
                className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-quiet"
              >
                {commands
                  .filter((command) => command.group === group)
                  .map((command) => (
                    <Command.Item
                      key={command.id}
                      value={`${command.label} ${command.id}`}
                      keywords={command.keywords ?? []}
                      onSelect={() => {
                        setOpen(false);
                        command.run();
                      }}
                      className="flex cursor-pointer items-center gap-3 rounded px-2 py-1.5 data-[selected=true]:bg-selected"
                    >
                      <span className="min-w-0 flex-1 truncate">{command.label}</span>
                      {command.hint ? <span className="shrink-0 text-xs text-quiet">{command.hint}</span> : null}
                      {command.keys ? <Kbd>{command.keys}</Kbd> : null}
                    </Command.Item>
                  ))}
              </Command.Group>
            ))}
          </Command.List>
        </Command>
      ) : null}
    </dialog>
  );
}

/** Opens the page's palette from a button. */
export function openPalette(): void {
  document.dispatchEvent(new Event("overread:palette"));
}
