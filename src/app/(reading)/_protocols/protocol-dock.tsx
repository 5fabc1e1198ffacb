"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { ProtocolDraft, ViewerProps } from "../../_viewer/types.ts";
import { asProtocols, type KeptProtocol } from "../kept-protocols.ts";
import { KeepScreen } from "./keep-screen.tsx";
import { type Edited, ProtocolEditor } from "./protocol-editor.tsx";
import { ProtocolShelf } from "./protocol-shelf.tsx";

/** What the dock shows of protocols: the screen that is being kept, all that are kept, or one that is edited. */
type Shown = { draft: ProtocolDraft } | { edited: Edited } | "shelf" | null;

/**
 * The reader's hanging protocols for the viewer, and what is being done with them.
 *
 * @param onShow the dock shows them now.
 */
export function useProtocols(
  enabled: boolean,
  onShow: () => void,
): {
  forViewer: Pick<ViewerProps, "protocols" | "onKeepProtocol" | "onProtocols">;
  shown: Shown;
  kept: readonly KeptProtocol[];
  show: (next: Shown) => void;
  ready: boolean;
} {
  const trpc = useTrpc();
  const { data, isFetched } = useQuery(trpc.hanging.list.queryOptions(undefined, { enabled }));
  const [shown, setShown] = useState<Shown>(null);
  const show = (next: Shown) => {
    setShown(next);
    if (next) onShow();
  };
  const protocols = useMemo(() => data && asProtocols(data), [data]);
  const doing = { onKeepProtocol: (draft: ProtocolDraft) => show({ draft }), onProtocols: () => show("shelf") };
  return {
    forViewer: { ...(protocols ? { protocols } : {}), ...(enabled ? doing : {}) },
    shown,
    kept: data ?? [],
    show,
    // What is kept is known, or cannot be had: a case that is opened before would hang otherwise than its reader has said.
    ready: !enabled || isFetched,
  };
}

/** Beside the images, never over them. */
export function ProtocolDock({ shown, kept, show }: Pick<ReturnType<typeof useProtocols>, "shown" | "kept" | "show">) {
  if (!shown) return null;
  const close = () => show(null);
  return (
    <section
      aria-label="Hanging protocols"
      // Keys belong to what is typed and chosen here, not to the images.
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
      }}
      className="max-h-[55dvh] shrink-0 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem] md:max-h-[70dvh]"
    >
      {shown === "shelf" ? (
        <ProtocolShelf kept={kept} onEdit={(edited) => show({ edited })} onClose={close} />
      ) : "draft" in shown ? (
        <KeepScreen draft={shown.draft} kept={kept} onClose={close} />
      ) : (
        <ProtocolEditor edited={shown.edited} onClose={() => show("shelf")} />
      )}
    </section>
  );
}
