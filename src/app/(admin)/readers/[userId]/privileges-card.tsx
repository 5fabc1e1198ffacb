"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Inputs } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Problem } from "../../../_ui/problem.tsx";
import { Card } from "../../account/card.tsx";
import { PrivilegeTable } from "../privilege-table.tsx";
import { levelWords, type ReaderView } from "../words.ts";

type Privilege = ReaderView["privileges"][number];

/** What the reader may do at each facility that the group reads for. */
export function PrivilegesCard({ reader, onChanged }: { reader: ReaderView; onChanged: () => void }) {
  const trpc = useTrpc();
  const [open, setOpen] = useState<Privilege | null>(null);
  const grant = useMutation(
    trpc.readers.grantPrivilege.mutationOptions({
      onSuccess: () => {
        setOpen(null);
        onChanged();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!open) return;
    const form = new FormData(event.currentTarget);
    grant.mutate({
      userId: reader.userId,
      facilityId: open.facilityId,
      level: String(form.get("level")) as Inputs["readers"]["grantPrivilege"]["level"],
      lastDay: String(form.get("lastDay") ?? "") || null,
    });
  };
  return (
    <Card title="Privileges at facilities">
      <PrivilegeTable
        privileges={reader.privileges}
        enforced={reader.enforced}
        acts={(each) => (
          <Button
            look="quiet"
            className="-my-1.5"
            aria-label={`Change what is allowed at ${each.name}`}
            onClick={() => setOpen(each)}
          >
            Change
          </Button>
        )}
      />
      <Dialog open={open !== null} title={open ? `At ${open.name}` : ""} onClose={() => setOpen(null)}>
        <form onSubmit={submit} className="flex flex-col gap-4">
          <SelectField label="May" name="level" defaultValue={open?.level ?? "report"} data-first>
            {Object.entries(levelWords).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <Field
            label="Last day"
            name="lastDay"
            type="date"
            hint={`On the facility's calendar (${open?.timeZone}); then it is one level less. Empty: without end`}
          />
          <Problem error={grant.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={grant.isPending}>
              Save
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
