"use client";

import { bodyRegions } from "@overread/shared/body-regions";
import { resized, withPlace } from "@overread/shared/hanging/edit";
import type { Stage } from "@overread/shared/hanging/protocol";
import { placeInWords } from "@overread/shared/hanging/words";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import type { KeptProtocol } from "../kept-protocols.ts";
import { PlaceFields } from "./place-fields.tsx";

type Written = Omit<KeptProtocol["protocol"], "id">;
/** A protocol of one's own as it is kept. */
export type Edited = { protocolId: string; version: number; isShared: boolean; protocol: Written };

const sizes = [1, 2, 3, 4, 5];

/** The rule of a protocol: for which studies it is, its screens, and what each place of a screen asks for. */
export function ProtocolEditor({ edited, onClose }: { edited: Edited; onClose: () => void }) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [protocol, setProtocol] = useState<Written>(edited.protocol);
  const [past, setPast] = useState<readonly Written[]>([]);
  const [at, setAt] = useState({ stage: 0, place: 0 });
  const [modalities, setModalities] = useState(edited.protocol.modalities.join(", "));
  const refresh = () => queryClient.invalidateQueries(trpc.hanging.list.queryFilter());
  const putBack = useMutation(trpc.hanging.save.mutationOptions({ onSettled: refresh }));
  const save = useMutation(
    trpc.hanging.save.mutationOptions({
      onSettled: refresh,
      onSuccess: ({ protocolId, version }) => {
        const before = { protocolId, version, isShared: edited.isShared, protocol: withoutId(edited.protocol) };
        toast(`Kept: ${protocol.name}.`, { action: { label: "Undo", run: () => putBack.mutate(before) } });
        onClose();
      },
    }),
  );
  const change = (next: Partial<Written>) => {
    setPast([...past, protocol].slice(-50));
    setProtocol({ ...protocol, ...next });
  };
  const undo = () => {
    const before = past.at(-1);
    if (!before) return;
    setPast(past.slice(0, -1));
    setProtocol(before);
    setModalities(before.modalities.join(", "));
  };
  const stage = protocol.stages[at.stage] ?? protocol.stages[0];
  const place = stage?.places[at.place];
  const changeStage = (next: Stage) =>
    change({ stages: protocol.stages.map((each, n) => (n === at.stage ? next : each)) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { protocolId, version, isShared } = edited;
    save.mutate({ protocolId, version, isShared, protocol: withoutId(protocol) });
  };
  if (!stage) return null;
  return (
    <form aria-label={`Edit ${edited.protocol.name}`} onSubmit={submit} className="flex flex-col gap-2">
      <Field
        label="Name of the protocol"
        value={protocol.name}
        required
        maxLength={60}
        autoComplete="off"
        autoFocus
        onChange={({ currentTarget: { value } }) => change({ name: value })}
      />
      <Field
        label="For studies of"
        hint="Modalities, as CT, MR or MG"
        value={modalities}
        required
        pattern="\s*[A-Za-z]{2,16}(\s*,\s*[A-Za-z]{2,16})*\s*"
        autoComplete="off"
        onChange={({ currentTarget: { value } }) => setModalities(value)}
        onBlur={() => {
          const named = modalities.toUpperCase().match(/[A-Z]{2,16}/g) ?? [];
          if (named.length > 0 && named.join() !== protocol.modalities.join()) change({ modalities: named });
        }}
      />
      <fieldset className="flex flex-wrap gap-x-3 gap-y-1">
        <legend className="text-quiet">That show (none: whatever they show)</legend>
        {bodyRegions.map((region) => (
          <label key={region} className="inline-flex items-center gap-1">
            <input
              type="checkbox"
              checked={protocol.regions.includes(region)}
              onChange={({ currentTarget: { checked } }) =>
                change({
                  regions: checked ? [...protocol.regions, region] : protocol.regions.filter((each) => each !== region),
                })
              }
            />
            {region}
          </label>
        ))}
      </fieldset>
      <SelectField
        label="Stage"
        value={at.stage}
        onChange={({ currentTarget: { value } }) => setAt({ stage: Number(value), place: 0 })}
      >
        {protocol.stages.map(({ name }, n) => (
          <option key={name} value={n}>
            {n + 1}. {name}
          </option>
        ))}
      </SelectField>
      <div className="flex gap-2">
        <Field
          className="min-w-0 flex-1"
          label="Its name"
          value={stage.name}
          required
          maxLength={40}
          autoComplete="off"
          onChange={({ currentTarget: { value } }) => changeStage({ ...stage, name: value })}
        />
        {(["rows", "columns"] as const).map((side) => (
          <SelectField
            key={side}
            label={side === "rows" ? "Rows" : "Columns"}
            value={stage[side]}
            onChange={({ currentTarget: { value } }) => {
              const size = { rows: stage.rows, columns: stage.columns, [side]: Number(value) };
              setAt({ ...at, place: 0 });
              changeStage(resized(stage, size.rows, size.columns));
            }}
          >
            {sizes.map((n) => (
              <option key={n}>{n}</option>
            ))}
          </SelectField>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame around the screen. */}
      <div
        role="group"
        aria-label="Places of the stage"
        className="grid gap-1"
        style={{ gridTemplateColumns: `repeat(${stage.columns}, minmax(0, 1fr))` }}
      >
        {stage.places.map((each, n) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a place is its row and column.
            key={n}
            type="button"
            aria-pressed={n === at.place}
            aria-label={`Row ${Math.floor(n / stage.columns) + 1}, column ${(n % stage.columns) + 1}: ${placeInWords(each)}`}
            onClick={() => setAt({ ...at, place: n })}
            className="min-h-10 overflow-hidden rounded border border-line-strong px-1 text-left text-xs aria-pressed:border-accent aria-pressed:bg-hover"
          >
            {placeInWords(each)}
          </button>
        ))}
      </div>
      {place ? (
        <PlaceFields
          key={`${at.stage}.${at.place}`}
          place={place}
          modalities={protocol.modalities}
          onChange={(next) => changeStage(withPlace(stage, at.place, next))}
        />
      ) : null}
      <Problem error={save.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={save.isPending}>
          Keep
        </Button>
        <Button onClick={undo} disabled={past.length === 0}>
          Undo
        </Button>
        <Button
          disabled={protocol.stages.length < 2}
          onClick={() => {
            change({ stages: protocol.stages.filter((_, n) => n !== at.stage) });
            setAt({ stage: 0, place: 0 });
          }}
        >
          Delete this stage
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}

const withoutId = (protocol: Written & { id?: string }): Written => {
  const { id: _, ...rest } = protocol;
  return rest;
};
