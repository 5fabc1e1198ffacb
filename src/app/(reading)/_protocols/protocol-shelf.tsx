"use client";

import { builtInProtocols } from "@overread/shared/hanging/built-in";
import { moved } from "@overread/shared/hanging/edit";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Copy, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { Button, IconButton } from "../../_ui/button.tsx";
import { SelectField } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { useToast } from "../../_ui/toast.tsx";
import type { KeptProtocol } from "../kept-protocols.ts";
import type { Edited } from "./protocol-editor.tsx";
import { TakeAlong } from "./take-along.tsx";

/** The protocols that are kept: one's own in their order, those of the group, and a built-in one to begin with. */
export function ProtocolShelf({
  kept,
  onEdit,
  onClose,
}: {
  kept: readonly KeptProtocol[];
  onEdit: (edited: Edited) => void;
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [dragged, setDragged] = useState<string | null>(null);
  const own = kept.filter(({ by }) => by === null);
  const others = kept.filter(({ by }) => by !== null);
  const refresh = () => queryClient.invalidateQueries(trpc.hanging.list.queryFilter());
  const failed = { onError: (error: unknown) => toast(messageFor(error), { tone: "problem" }), onSettled: refresh };
  const save = useMutation(trpc.hanging.save.mutationOptions(failed));
  const restore = useMutation(trpc.hanging.restore.mutationOptions(failed));
  const remove = useMutation(
    trpc.hanging.remove.mutationOptions({
      ...failed,
      onSuccess: (_, { protocolId }) =>
        toast("The protocol is deleted.", { action: { label: "Undo", run: () => restore.mutate({ protocolId }) } }),
    }),
  );
  const order = useMutation(trpc.hanging.order.mutationOptions(failed));
  const ids = own.map(({ protocolId }) => protocolId);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= ids.length || from === to) return;
    const before = ids;
    order.mutate(
      { protocolIds: moved(ids, from, to) },
      {
        onSuccess: () =>
          toast(`${own[from]?.protocol.name ?? "It"} is number ${to + 1} now.`, {
            action: { label: "Undo", run: () => order.mutate({ protocolIds: before }) },
          }),
      },
    );
  };
  const share = ({ protocolId, version, isShared, protocol: { id: _, ...protocol } }: KeptProtocol) =>
    save.mutate({ protocolId, version, isShared: !isShared, protocol });
  const copy = async ({ id: _, ...protocol }: KeptProtocol["protocol"]) => {
    try {
      const name = `${protocol.name} (own)`.slice(0, 60);
      const made = await client.hanging.save.mutate({ isShared: false, protocol: { ...protocol, name } });
      await refresh();
      onEdit({ ...made, isShared: false, protocol: { ...protocol, name } });
    } catch (error) {
      toast(messageFor(error), { tone: "problem" });
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center justify-between">
        <h3 className="font-medium">Own protocols</h3>
        <Button onClick={onClose} autoFocus>
          Close
        </Button>
      </div>
      {own.length === 0 ? (
        <p className="text-quiet">None yet. Keep a screen as one from the viewer's menu, or copy a built-in one.</p>
      ) : (
        <>
          <p className="text-quiet">Of several that fit a study the first is taken. Drag, or Alt and an arrow key.</p>
          <ol aria-label="Own protocols in their order">
            {own.map((each, n) => (
              <li
                key={each.protocolId}
                draggable
                onDragStart={() => setDragged(each.protocolId)}
                onDragOver={(event) => event.preventDefault()}
                onDrop={() => dragged && move(ids.indexOf(dragged), n)}
                onKeyDown={(event) => {
                  const by = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
                  if (by) {
                    event.preventDefault();
                    move(n, n + by);
                  }
                }}
                className="flex flex-wrap items-center justify-between gap-x-2 border-t border-line py-1"
              >
                <span className="min-w-0 flex-1">
                  {each.protocol.name}{" "}
                  <span className="text-quiet">
                    {each.protocol.modalities.join(", ")}, {plural(each.protocol.stages.length, "stage")}
                  </span>
                </span>
                <label className="inline-flex items-center gap-1">
                  <input type="checkbox" checked={each.isShared} onChange={() => share(each)} />
                  Group
                </label>
                <span className="flex">
                  <IconButton label={`${each.protocol.name} up`} disabled={n === 0} onClick={() => move(n, n - 1)}>
                    <ArrowUp className="size-4" />
                  </IconButton>
                  <IconButton
                    label={`${each.protocol.name} down`}
                    disabled={n === own.length - 1}
                    onClick={() => move(n, n + 1)}
                  >
                    <ArrowDown className="size-4" />
                  </IconButton>
                  <IconButton label={`Edit ${each.protocol.name}`} onClick={() => onEdit(each)}>
                    <Pencil className="size-4" />
                  </IconButton>
                  <IconButton
                    label={`Delete ${each.protocol.name}`}
                    onClick={() => remove.mutate({ protocolId: each.protocolId })}
                  >
                    <Trash2 className="size-4" />
                  </IconButton>
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {others.length > 0 ? (
        <>
          <h3 className="font-medium">Of the group</h3>
          <ul>
            {others.map((each) => (
              <li key={each.protocolId} className="flex items-center justify-between gap-2 border-t border-line py-1">
                <span>
                  {each.protocol.name} <span className="text-quiet">by {each.by || "a colleague"}</span>
                </span>
                <span className="flex">
                  <IconButton label={`Copy ${each.protocol.name}`} onClick={() => void copy(each.protocol)}>
                    <Copy className="size-4" />
                  </IconButton>
                  {each.can.remove ? (
                    <IconButton
                      label={`Delete ${each.protocol.name}`}
                      onClick={() => remove.mutate({ protocolId: each.protocolId })}
                    >
                      <Trash2 className="size-4" />
                    </IconButton>
                  ) : null}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <SelectField
        label="Copy a built-in one to change it"
        value=""
        onChange={({ currentTarget: { value } }) => {
          const chosen = builtInProtocols.find(({ id }) => id === value);
          if (chosen) void copy(chosen);
        }}
      >
        <option value="">Choose…</option>
        {builtInProtocols.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TakeAlong onImported={() => void refresh()} />
    </div>
  );
}
