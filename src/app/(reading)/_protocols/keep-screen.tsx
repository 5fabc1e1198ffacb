"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import type { ProtocolDraft } from "../../_viewer/types.ts";
import type { KeptProtocol } from "../kept-protocols.ts";

/** Under what name the screen is kept, for which studies and for whom. */
export function KeepScreen({
  draft,
  kept,
  onClose,
}: {
  draft: ProtocolDraft;
  kept: readonly KeptProtocol[];
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const own = kept.filter(({ can }) => can.edit);
  const [to, setTo] = useState("new");
  const chosen = own.find(({ protocolId }) => protocolId === to);
  const save = useMutation(
    trpc.hanging.save.mutationOptions({
      onSuccess: (_, { protocol }) => {
        toast(`Kept: ${protocol.name}.`);
        onClose();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const stage = { ...draft.stage, name: text("stage") };
    if (chosen) {
      const { id: _, ...protocol } = chosen.protocol;
      const stages = [...protocol.stages.filter(({ name }) => name !== stage.name), stage];
      const { protocolId, version, isShared } = chosen;
      save.mutate({ protocolId, version, isShared, protocol: { ...protocol, stages } });
      return;
    }
    const regions = text("studies") === "regions" ? draft.regions : [];
    save.mutate({
      isShared: form.get("shared") === "on",
      protocol: { name: text("name"), modalities: draft.modalities, regions, stages: [stage] },
    });
  };
  const what = draft.modalities.join(" and ");
  return (
    <form aria-label="Keep the screen as a hanging protocol" onSubmit={submit} className="flex flex-col gap-2">
      {own.length > 0 ? (
        <SelectField label="Keep as" value={to} onChange={(event) => setTo(event.currentTarget.value)}>
          <option value="new">A new protocol</option>
          {own.map(({ protocolId, protocol }) => (
            <option key={protocolId} value={protocolId}>
              A stage of {protocol.name}
            </option>
          ))}
        </SelectField>
      ) : null}
      {chosen ? null : (
        <>
          <Field label="Name of the protocol" name="name" required maxLength={60} autoComplete="off" autoFocus />
          <SelectField label="For" name="studies" defaultValue={draft.regions.length > 0 ? "regions" : "all"}>
            {draft.regions.length > 0 ? (
              <option value="regions">
                {what} of {draft.regions.join(", ")}
              </option>
            ) : null}
            <option value="all">Every {what}</option>
          </SelectField>
        </>
      )}
      <Field
        key={to}
        label="Name of this screen"
        name="stage"
        required
        maxLength={40}
        autoComplete="off"
        defaultValue={`${draft.stage.rows}×${draft.stage.columns}`}
        hint={chosen ? "A stage of the same name is replaced." : undefined}
      />
      {chosen ? null : (
        <label className="inline-flex min-h-7 items-center gap-2">
          <input type="checkbox" name="shared" />
          For every reader of the group
        </label>
      )}
      <Problem error={save.error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={save.isPending}>
          Keep
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}
