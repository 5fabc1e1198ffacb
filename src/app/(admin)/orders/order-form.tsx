"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Facility, Inputs, Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { Field, SelectField, TextField } from "../../_ui/field.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { birthDateFrom, nameFrom, nameParts } from "./form-values.ts";

type Order = Outputs["order"]["list"]["items"][number];
type Priority = NonNullable<Inputs["order"]["create"]["priority"]>;
type PatientClass = NonNullable<Inputs["order"]["create"]["patientClass"]>;
type Sex = NonNullable<Inputs["order"]["create"]["patientSex"]>;

/** Enters an order, or changes one. The patient of an order does not change: that would be another order. */
export function OrderForm({
  order,
  facilities,
  onClose,
  onSaved,
}: {
  /** Null: a new one. */
  order: Order | null;
  facilities: Facility[];
  onClose: () => void;
  onSaved: (matched: number | null) => void;
}) {
  const trpc = useTrpc();
  const [priority, setPriority] = useState<Priority>(order?.priority ?? "routine");
  const create = useMutation(trpc.order.create.mutationOptions({ onSuccess: ({ matched }) => onSaved(matched) }));
  const update = useMutation(trpc.order.update.mutationOptions({ onSuccess: () => onSaved(null) }));
  const pending = create.isPending || update.isPending;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const said = {
      accessionNumber: text("accessionNumber"),
      placerOrderNumber: text("placerOrderNumber"),
      procedureDescription: text("procedureDescription"),
      modality: text("modality").toUpperCase(),
      reasonForExam: text("reasonForExam"),
      clinicalInformation: text("clinicalInformation"),
      priority,
      priorityReason: text("priorityReason"),
      patientClass: text("patientClass") as PatientClass,
      referringPhysicianName: nameFrom(text("referrerFamily"), text("referrerGiven")),
      expectedImages: text("expectedImages") === "" ? null : Number(text("expectedImages")),
    };
    if (order) update.mutate({ orderId: order.orderId, version: order.version, ...said });
    else
      create.mutate({
        ...said,
        facilitySlug: text("facility"),
        patientId: text("patientId"),
        patientName: nameFrom(text("family"), text("given")),
        patientBirthDate: birthDateFrom(text("birthDate")),
        patientSex: text("sex") as Sex,
      });
  };
  const [referrerFamily, referrerGiven] = nameParts(order?.referringPhysicianName ?? "");

  return (
    <Dialog open title={order ? `Order of ${order.patientName}` : "New order"} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {order ? null : (
          <fieldset className="grid gap-3 sm:grid-cols-2">
            <legend className="mb-2 font-medium">Patient</legend>
            {facilities.length > 1 ? (
              <SelectField label="Facility" name="facility" className="sm:col-span-2" data-first>
                {facilities.map(({ slug, name }) => (
                  <option key={slug} value={slug}>
                    {name}
                  </option>
                ))}
              </SelectField>
            ) : (
              <input type="hidden" name="facility" value={facilities[0]?.slug ?? ""} />
            )}
            <Field label="Family name" name="family" required maxLength={64} autoComplete="off" />
            <Field label="Given name" name="given" maxLength={64} autoComplete="off" />
            <Field label="Patient ID" name="patientId" required maxLength={64} autoComplete="off" />
            <div className="grid grid-cols-[3fr_2fr] gap-3">
              <Field label="Date of birth" name="birthDate" type="date" min="1850-01-01" max="2199-12-31" />
              <SelectField label="Sex" name="sex" defaultValue="">
                <option value="">Not given</option>
                <option value="F">Female</option>
                <option value="M">Male</option>
                <option value="O">Other</option>
              </SelectField>
            </div>
          </fieldset>
        )}
        <fieldset className="grid gap-3 sm:grid-cols-2">
          <legend className="mb-2 font-medium">Examination</legend>
          <Field
            label="What is ordered"
            name="procedureDescription"
            required
            maxLength={64}
            defaultValue={order?.procedureDescription}
            placeholder="CT chest with contrast"
            className="sm:col-span-2"
            {...(order ? { "data-first": true } : {})}
          />
          <Field
            label="Accession number"
            name="accessionNumber"
            maxLength={16}
            autoComplete="off"
            defaultValue={order?.accessionNumber}
            hint="Finds the study"
          />
          <Field
            label="Order number"
            name="placerOrderNumber"
            maxLength={64}
            autoComplete="off"
            defaultValue={order?.placerOrderNumber}
            hint="Of the system that placed it"
          />
          <Field
            label="Modality"
            name="modality"
            maxLength={16}
            pattern="[A-Za-z0-9]{2,16}"
            defaultValue={order?.modality}
            placeholder="CT"
          />
          <Field
            label="Images expected"
            name="expectedImages"
            type="number"
            min={1}
            max={100000}
            defaultValue={order?.expectedImages ?? ""}
          />
          <TextField
            label="Reason for the examination"
            name="reasonForExam"
            maxLength={1000}
            rows={2}
            defaultValue={order?.reasonForExam}
            className="sm:col-span-2"
          />
          <TextField
            label="Clinical information"
            name="clinicalInformation"
            maxLength={4000}
            rows={4}
            defaultValue={order?.clinicalInformation}
            hint="The radiologist sees it beside the images, and the report begins with it."
            className="sm:col-span-2"
          />
        </fieldset>
        <fieldset className="grid gap-3 sm:grid-cols-2">
          <legend className="mb-2 font-medium">Urgency</legend>
          <SelectField
            label="Priority"
            name="priority"
            value={priority}
            onChange={(event) => setPriority(event.currentTarget.value as Priority)}
          >
            <option value="routine">Routine</option>
            <option value="urgent">Urgent</option>
            <option value="stat">STAT</option>
          </SelectField>
          <SelectField label="Patient is" name="patientClass" defaultValue={order?.patientClass ?? ""}>
            <option value="">Not given</option>
            <option value="E">in the emergency department</option>
            <option value="I">an inpatient</option>
            <option value="O">an outpatient</option>
            <option value="P">to be admitted</option>
          </SelectField>
          <Field
            label={priority === "stat" ? "Why STAT" : "Why this priority"}
            name="priorityReason"
            required={priority === "stat"}
            minLength={priority === "stat" ? 3 : undefined}
            maxLength={300}
            defaultValue={order?.priorityReason}
            className="sm:col-span-2"
          />
          <Field
            label="Referring physician, family name"
            name="referrerFamily"
            maxLength={64}
            autoComplete="off"
            defaultValue={referrerFamily}
          />
          <Field
            label="Given name"
            name="referrerGiven"
            maxLength={64}
            autoComplete="off"
            defaultValue={referrerGiven}
          />
        </fieldset>
        <Problem error={create.error ?? update.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={pending}>
            {order ? "Save" : "Enter the order"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
