"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { detailsOf, messageFor } from "../../../_trpc/errors.ts";
import type { Facility, Me } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/empty-state.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { OfficePage } from "../../office-page.tsx";
import { listOfAeTitles } from "./ae-titles.ts";

/** What an edge router is told: who may send, under which names it answers, where reports go back. */
export function FacilitiesScreen({ me, initial, at }: { me: Me; initial: Facility[]; at: number }) {
  const trpc = useTrpc();
  const query = useQuery(
    trpc.facility.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }),
  );
  const mine = query.data.filter((facility) => facility.settings !== null);
  /** Whose settings were saved last. Its form is a new one by then, with the settings as they are kept. */
  const [saved, setSaved] = useState<string | null>(null);
  return (
    <OfficePage
      me={me}
      title="Facilities"
      intro="Edge routers fetch changes by themselves within a minute; nothing has to be restarted."
    >
      {mine.map((facility) => (
        <FacilityForm
          key={`${facility.orgName}-${facility.slug}-${facility.settings?.configVersion}`}
          facility={facility}
          saved={saved === facility.slug}
          onSaved={(is) => {
            setSaved(is ? facility.slug : null);
            if (is) void query.refetch();
          }}
        />
      ))}
      {mine.length === 0 ? <EmptyState title="No facility is in your care" /> : null}
    </OfficePage>
  );
}

function FacilityForm({
  facility,
  saved,
  onSaved,
}: {
  facility: Facility;
  saved: boolean;
  onSaved: (is: boolean) => void;
}) {
  const trpc = useTrpc();
  const settings = facility.settings;
  const update = useMutation(trpc.facility.update.mutationOptions({ onSuccess: () => onSaved(true) }));
  const [wrong, setWrong] = useState<string | null>(null);
  if (!settings) return null;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSaved(false);
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const pacs = { aeTitle: text("pacsAe"), host: text("pacsHost"), port: Number(text("pacsPort")) };
    const any = pacs.aeTitle || pacs.host || text("pacsPort");
    const calling = listOfAeTitles(text("calling"), { any: true });
    const called = listOfAeTitles(text("called"));
    const prior = listOfAeTitles(text("prior"));
    const problem =
      calling.problem ??
      called.problem ??
      prior.problem ??
      (called.titles.length === 0 ? "The edge router needs at least one AE title of its own." : null) ??
      (any && !(pacs.aeTitle && pacs.host && pacs.port > 0 && pacs.port < 65_536)
        ? "For the PACS give AE title, host and port, or none of them."
        : null);
    setWrong(problem);
    if (problem) return;
    update.mutate({
      facilitySlug: facility.slug,
      name: text("name"),
      timeZone: text("timeZone"),
      allowedCallingAeTitles: calling.titles,
      calledAeTitles: called.titles,
      priorAeTitles: prior.titles,
      quietSeconds: Number(text("quietSeconds")),
      techCheck: form.get("techCheck") === "on",
      questionReminderMinutes: Number(text("questionReminder")),
      localPacs: any ? pacs : null,
      defaultReferrerId: text("defaultReferrer") || null,
      jurisdiction: text("jurisdiction"),
    });
  };
  const fields = update.error ? detailsOf(update.error).fields : null;

  return (
    <form
      onSubmit={submit}
      aria-label={facility.name}
      onChange={() => onSaved(false)}
      className="flex flex-col gap-5 rounded-lg border border-line bg-panel p-5"
    >
      <h2 className="text-base font-semibold">{facility.name}</h2>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" name="name" defaultValue={facility.name} required maxLength={120} />
        <Field label="Time zone" name="timeZone" defaultValue={facility.timeZone} required hint="As in Europe/Berlin" />
      </div>
      <fieldset className="grid gap-4 sm:grid-cols-3">
        <legend className="mb-2 font-medium">PACS for returned reports</legend>
        <Field label="AE title" name="pacsAe" defaultValue={settings.localPacs?.aeTitle ?? ""} maxLength={16} />
        <Field label="Host" name="pacsHost" defaultValue={settings.localPacs?.host ?? ""} />
        <Field label="Port" name="pacsPort" inputMode="numeric" defaultValue={settings.localPacs?.port ?? ""} />
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">Receiving</legend>
        <Field
          label="Modalities that may send (calling AE titles)"
          name="calling"
          defaultValue={settings.allowedCallingAeTitles.join(", ")}
          hint="Separated by commas; * lets every modality send"
        />
        <Field
          label="AE titles the edge router answers to"
          name="called"
          defaultValue={settings.calledAeTitles.join(", ")}
          hint="Separated by commas"
        />
        <Field
          label="AE titles for earlier studies"
          name="prior"
          defaultValue={settings.priorAeTitles.join(", ")}
          hint="Sent here, a study is archived for comparison and not read"
        />
        <Field
          label="A study is complete after"
          name="quietSeconds"
          type="number"
          min={1}
          max={3600}
          defaultValue={settings.quietSeconds}
          hint="Seconds without a new image"
        />
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">Who may read for it</legend>
        <Field
          label="Jurisdiction"
          name="jurisdiction"
          defaultValue={settings.jurisdiction}
          maxLength={6}
          pattern="[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?"
          title="A country, or a country and its state: GB, DE-BY, US-NY"
          hint={
            settings.jurisdiction
              ? `Readers need a licence valid in ${settings.jurisdiction}, once their group enforces credentials`
              : "Empty: no licence rule. GB, DE-BY or US-NY asks readers for a licence valid there"
          }
        />
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">With the readers</legend>
        <label className="flex items-start gap-2">
          <input type="checkbox" name="techCheck" defaultChecked={facility.techCheck} className="mt-1" />
          <span>
            Technologists check studies before they are read
            <span className="block text-xs text-quiet">
              A study may be read before; its reader sees that it is not checked
            </span>
          </span>
        </label>
        <Field
          label="Remind us of an unanswered question after"
          name="questionReminder"
          type="number"
          min={0}
          max={10080}
          defaultValue={settings.questionReminderMinutes}
          hint="Minutes, and again after twice, four and eight times as long; sooner for a case that is promised sooner. 0: never"
        />
      </fieldset>
      <fieldset>
        <legend className="mb-2 font-medium">Studies without a referring physician</legend>
        <DefaultReferrer settings={settings} />
      </fieldset>
      <div className="flex flex-wrap items-center gap-4">
        <Button type="submit" look="primary" disabled={update.isPending}>
          {update.isPending ? "Saving" : "Save"}
        </Button>
        <p role="status" className={wrong || update.error ? "text-stat" : "text-quiet"}>
          {wrong ??
            (update.error
              ? `${messageFor(update.error)}${fields ? ` Look at: ${fields}.` : ""}`
              : saved
                ? "Saved"
                : `Settings version ${settings.configVersion}`)}
        </p>
      </div>
    </form>
  );
}

/** Whoever is chosen sees the images and reports of patients who do not name her: nobody is, until somebody decides so. */
function DefaultReferrer({ settings }: { settings: NonNullable<Facility["settings"]> }) {
  const { defaultReferrerId, referrers } = settings;
  const isGone = defaultReferrerId !== null && !referrers.some(({ userId }) => userId === defaultReferrerId);
  return (
    <SelectField
      label="Shared with"
      name="defaultReferrer"
      defaultValue={defaultReferrerId ?? ""}
      hint="Sees images and reports of every study that names nobody, from the next one on, and is told why"
    >
      <option value="">Nobody</option>
      {isGone ? <option value={defaultReferrerId}>Somebody whose account is closed</option> : null}
      {referrers.map(({ userId, displayName }) => (
        <option key={userId} value={userId}>
          {displayName}
        </option>
      ))}
    </SelectField>
  );
}
