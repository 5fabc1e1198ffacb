"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Inputs } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { DocumentField } from "../../../_ui/document-field.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Problem } from "../../../_ui/problem.tsx";
import { Card } from "../../account/card.tsx";
import { LicenceTable } from "../licence-table.tsx";
import { outcomeWords, type ReaderView } from "../words.ts";

type Licence = ReaderView["licences"][number];

/** Licences, and what their registers said of them. */
export function LicencesCard({ reader, onChanged }: { reader: ReaderView; onChanged: () => void }) {
  const trpc = useTrpc();
  const [open, setOpen] = useState<{ act: "add" } | { act: "check" | "remove" | "document"; licence: Licence } | null>(
    null,
  );
  const close = {
    onSuccess: () => {
      setOpen(null);
      onChanged();
    },
  };
  const add = useMutation(trpc.readers.addLicence.mutationOptions(close));
  const check = useMutation(trpc.readers.checkLicence.mutationOptions(close));
  const remove = useMutation(trpc.readers.removeLicence.mutationOptions(close));
  const licence = open && open.act !== "add" ? open.licence : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    if (open?.act === "add")
      add.mutate({
        userId: reader.userId,
        jurisdiction: text("jurisdiction"),
        number: text("number"),
        validFrom: text("validFrom") || null,
        validUntil: text("validUntil") || null,
        document: text("document"),
      });
    if (open?.act === "check")
      check.mutate({
        licenceId: open.licence.licenceId,
        outcome: text("outcome") as Inputs["readers"]["checkLicence"]["outcome"],
        source: text("source"),
        note: text("note"),
      });
    if (open?.act === "remove") remove.mutate({ licenceId: open.licence.licenceId });
  };
  const title =
    open?.act === "add"
      ? "Add a licence"
      : `${open?.act === "check" ? "Check" : "Give up"} ${licence?.jurisdiction} ${licence?.number}`;
  const pending = add.isPending || check.isPending || remove.isPending;
  return (
    <Card title="Licences">
      <LicenceTable
        licences={reader.licences}
        acts={(each) =>
          each.state === "removed" ? null : (
            <span className="inline-flex flex-wrap justify-end gap-1">
              <Button
                look="quiet"
                className="-my-1.5"
                aria-label={`Add a document of ${each.jurisdiction} ${each.number}`}
                onClick={() => setOpen({ act: "document", licence: each })}
              >
                Add a document
              </Button>
              <Button
                look="quiet"
                className="-my-1.5"
                aria-label={`Record a check of ${each.jurisdiction} ${each.number}`}
                onClick={() => setOpen({ act: "check", licence: each })}
              >
                Record a check
              </Button>
              <Button
                look="quiet-danger"
                className="-my-1.5"
                aria-label={`Give up ${each.jurisdiction} ${each.number}`}
                onClick={() => setOpen({ act: "remove", licence: each })}
              >
                Give up
              </Button>
            </span>
          )
        }
      />
      <Button className="self-start" onClick={() => setOpen({ act: "add" })}>
        Add a licence
      </Button>
      <Dialog
        open={open?.act === "document"}
        title={`Document of ${licence?.jurisdiction} ${licence?.number}`}
        onClose={() => setOpen(null)}
      >
        <div className="flex flex-col gap-4">
          {open?.act === "document" ? (
            <DocumentField
              label="File"
              addressOf={() => `/api/licences/${open.licence.licenceId}/documents`}
              onSent={close.onSuccess}
            />
          ) : null}
          <p className="text-quiet">
            You and the reader can open it, which the audit trail shows. Nobody can change it.
          </p>
          <Button className="self-end" onClick={() => setOpen(null)}>
            Cancel
          </Button>
        </div>
      </Dialog>
      <Dialog open={open !== null && open.act !== "document"} title={title} onClose={() => setOpen(null)}>
        <form onSubmit={submit} className="flex flex-col gap-4">
          {open?.act === "add" ? (
            <>
              <Field
                label="Jurisdiction"
                name="jurisdiction"
                required
                maxLength={6}
                pattern="[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?"
                title="A country, or a country and its state: GB, DE-BY, US-NY"
                hint="GB, DE-BY, US-NY; as the facilities name it"
                autoComplete="off"
                data-first
              />
              <Field label="Number" name="number" required maxLength={64} autoComplete="off" />
              <div className="grid gap-4 sm:grid-cols-2">
                <Field label="First day" name="validFrom" type="date" hint="Empty: valid already" />
                <Field label="Last day" name="validUntil" type="date" hint="Empty: without end" />
              </div>
              <Field
                label="Document"
                name="document"
                maxLength={300}
                hint="Where it is kept, such as a personnel file and page"
                autoComplete="off"
              />
            </>
          ) : null}
          {open?.act === "check" ? (
            <>
              <SelectField label="The register says" name="outcome">
                {Object.entries(outcomeWords).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </SelectField>
              <Field
                label="Register"
                name="source"
                required
                minLength={3}
                maxLength={300}
                hint="The primary source that was asked, such as IDFPR licence look-up"
                autoComplete="off"
                data-first
              />
              <Field label="Note" name="note" maxLength={1000} autoComplete="off" />
              <p className="text-quiet">Kept with your name and the time. Nobody can change it afterwards.</p>
            </>
          ) : null}
          {open?.act === "remove" ? (
            <p>It counts no more from now on. The licence and its checks stay on file.</p>
          ) : null}
          <Problem error={add.error ?? check.error ?? remove.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" look={open?.act === "remove" ? "danger" : "primary"} disabled={pending}>
              {open?.act === "remove" ? "Give it up" : "Save"}
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
