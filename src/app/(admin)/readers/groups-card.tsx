"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { detailsOf } from "../../_trpc/errors.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Field } from "../../_ui/field.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Card } from "../account/card.tsx";
import { Checks } from "./checks.tsx";
import type { ReaderListItem, ReadersAnswer } from "./words.ts";

type Group = ReadersAnswer["groups"][number];

/** Readers that rules name together. */
export function GroupsCard({
  groups,
  items,
  onChanged,
}: {
  groups: Group[];
  items: ReaderListItem[];
  onChanged: () => void;
}) {
  const trpc = useTrpc();
  /** `new`, or the one that is being changed. */
  const [open, setOpen] = useState<Group | "new" | null>(null);
  const close = {
    onSuccess: () => {
      setOpen(null);
      onChanged();
    },
  };
  const save = useMutation(trpc.readers.saveGroup.mutationOptions(close));
  const remove = useMutation(trpc.readers.removeGroup.mutationOptions(close));
  const current = open === "new" ? null : open;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      groupId: current?.groupId ?? null,
      name: String(form.get("name") ?? ""),
      readerIds: form.getAll("reader").map(String),
    });
  };
  const nameTaken = save.error && detailsOf(save.error).fields === "name";
  return (
    <Card title="Groups of readers">
      {groups.length === 0 ? (
        <p className="text-quiet">None yet. A rule can name a group instead of each reader.</p>
      ) : (
        <ul className="flex flex-col gap-2">
          {groups.map((group) => (
            <li key={group.groupId} className="flex items-start justify-between gap-3">
              <span className="min-w-0">
                <span className="font-medium">{group.name}</span>
                <span className="block text-quiet">
                  {items
                    .filter(({ userId }) => group.readerIds.includes(userId))
                    .map(({ displayName }) => displayName)
                    .join(", ") || "nobody"}
                </span>
              </span>
              <Button aria-label={`Change ${group.name}`} onClick={() => setOpen(group)}>
                Change
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Button className="self-start" onClick={() => setOpen("new")}>
        New group
      </Button>
      <Dialog
        open={open !== null}
        title={current ? `Group ${current.name}` : "New group"}
        onClose={() => setOpen(null)}
      >
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field
            label="Name"
            name="name"
            defaultValue={current?.name ?? ""}
            required
            maxLength={80}
            autoComplete="off"
            data-first
            error={nameTaken ? "Another group has this name." : undefined}
          />
          <Checks
            legend="Readers"
            name="reader"
            options={items.map(({ userId, displayName }) => [userId, displayName])}
            chosen={current?.readerIds ?? []}
          />
          <Problem error={nameTaken ? null : (save.error ?? remove.error)} />
          <div className="flex justify-end gap-2">
            {current ? (
              <Button
                look="quiet-danger"
                className="mr-auto"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ groupId: current.groupId })}
              >
                Remove the group
              </Button>
            ) : null}
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={save.isPending}>
              Save
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
