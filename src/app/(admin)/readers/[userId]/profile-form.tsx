"use client";

import { reportLanguages } from "@overread/shared/report-languages";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { detailsOf, messageFor } from "../../../_trpc/errors.ts";
import type { Inputs } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Card } from "../../account/card.tsx";
import { Checks } from "../checks.tsx";
import {
  ageBandWords,
  isProcedure,
  languageName,
  modalities,
  type ReaderView,
  readTypeWords,
  regionWords,
  subspecialtyInWords,
} from "../words.ts";

type Profile = Inputs["readers"]["saveProfile"];
type Subspecialty = Profile["subspecialties"][number];
const wordsOf = <K extends string>(words: Record<K, string>): [K, string][] => Object.entries(words) as [K, string][];

/** What a reader reads, in which languages, and how much of it. */
export function ProfileForm({
  reader,
  saved,
  onSaved,
}: {
  reader: ReaderView;
  saved: boolean;
  /** Whether what stands here is saved. */
  onSaved: (saved: boolean) => void;
}) {
  const trpc = useTrpc();
  const { profile } = reader;
  const [trained, setTrained] = useState(profile.subspecialties as Subspecialty[]);
  const [adding, setAdding] = useState(false);
  const [languages, setLanguages] = useState(profile.languages);
  const changeLanguages = (changed: typeof languages) => {
    setLanguages(changed);
    onSaved(false);
  };
  const changeTrained = (changed: Subspecialty[]) => {
    setTrained(changed);
    onSaved(false);
  };
  const save = useMutation(trpc.readers.saveProfile.mutationOptions({ onSuccess: () => onSaved(true) }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSaved(false);
    const form = new FormData(event.currentTarget);
    const number = (name: string) => (form.get(name) ? Number(form.get(name)) : null);
    save.mutate({
      userId: reader.userId,
      languages,
      readTypes: form.getAll("readType") as Profile["readTypes"],
      capOpenCases: number("openCases"),
      capShiftCases: number("shiftCases"),
      capShiftWorkUnits: number("shiftWorkUnits"),
      offRoster: form.get("roster") === "off",
      subspecialties: trained,
    });
  };
  const fields = save.error ? String(detailsOf(save.error).fields ?? "") : "";
  return (
    <Card title="What and how much">
      <form onSubmit={submit} onChange={() => onSaved(false)} className="flex flex-col gap-5">
        <Checks legend="Reads" name="readType" options={wordsOf(readTypeWords)} chosen={profile.readTypes} />
        <fieldset>
          <legend className="text-[0.8125rem] font-medium">Roster</legend>
          <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
            <label className="inline-flex min-h-6 items-center gap-1.5">
              <input type="radio" name="roster" value="off" defaultChecked={profile.offRoster} />
              On no roster: reads whenever signed in
            </label>
            <label className="inline-flex min-h-6 items-center gap-1.5">
              <input type="radio" name="roster" value="on" defaultChecked={!profile.offRoster} />
              By the shifts below
            </label>
          </div>
        </fieldset>
        <fieldset className="grid gap-4 sm:grid-cols-3">
          <legend className="mb-2 text-[0.8125rem] font-medium">
            At most (empty: no cap; STAT goes past all of them)
          </legend>
          <Field
            label="Open cases at once"
            name="openCases"
            type="number"
            min={0}
            max={10000}
            defaultValue={profile.capOpenCases ?? ""}
          />
          <Field
            label="Cases in a shift"
            name="shiftCases"
            type="number"
            min={0}
            max={10000}
            defaultValue={profile.capShiftCases ?? ""}
          />
          <Field
            label="RVU in a shift"
            name="shiftWorkUnits"
            type="number"
            step="0.1"
            min={0}
            max={10000}
            defaultValue={profile.capShiftWorkUnits ?? ""}
          />
        </fieldset>
        <div className="flex flex-col gap-2">
          <p className="text-[0.8125rem] font-medium">Languages of reports</p>
          <div className="flex flex-wrap items-center gap-2">
            {languages.length === 0 ? <span className="text-quiet">Any</span> : null}
            {languages.map((tag) => (
              <Button
                key={tag}
                aria-label={`Take away ${languageName(tag)}`}
                onClick={() => changeLanguages(languages.filter((each) => each !== tag))}
              >
                {languageName(tag)} ×
              </Button>
            ))}
            <select
              aria-label="Add a language"
              value=""
              onChange={(event) => changeLanguages([...languages, event.currentTarget.value])}
              className="h-8 rounded-md border border-line-strong bg-panel px-2 text-sm"
            >
              <option value="">Add a language</option>
              {Object.entries(reportLanguages)
                .filter(([tag]) => !languages.includes(tag))
                .map(([tag, name]) => (
                  <option key={tag} value={tag}>
                    {name}
                  </option>
                ))}
            </select>
          </div>
        </div>
        <div className="flex flex-col gap-2">
          <p className="text-[0.8125rem] font-medium">Subspecialties</p>
          {trained.length === 0 ? <p className="text-quiet">None: reads everything, as a generalist.</p> : null}
          <ul className="flex flex-col gap-1">
            {trained.map((each, n) => {
              const words = subspecialtyInWords(each);
              return (
                <li key={words} className="flex items-center justify-between gap-3">
                  {words}
                  <Button
                    look="quiet-danger"
                    aria-label={`Take away ${words}`}
                    onClick={() => changeTrained(trained.filter((_, other) => other !== n))}
                  >
                    Take away
                  </Button>
                </li>
              );
            })}
          </ul>
          <Button className="self-start" onClick={() => setAdding(true)}>
            Add a subspecialty
          </Button>
        </div>
        <div className="flex flex-wrap items-center gap-4">
          <Button type="submit" look="primary" disabled={save.isPending}>
            {save.isPending ? "Saving" : "Save"}
          </Button>
          <p role="status" className={save.error ? "text-stat" : "text-quiet"}>
            {save.error
              ? fields.includes("readTypes")
                ? "Choose at least one kind of reading."
                : messageFor(save.error)
              : saved
                ? "Saved"
                : ""}
          </p>
        </div>
      </form>
      <Dialog open={adding} title="Add a subspecialty" onClose={() => setAdding(false)}>
        <SubspecialtyForm
          onAdd={(added) => {
            const words = subspecialtyInWords(added);
            if (!trained.some((each) => subspecialtyInWords(each) === words)) changeTrained([...trained, added]);
            setAdding(false);
          }}
        />
      </Dialog>
    </Card>
  );
}

function SubspecialtyForm({ onAdd }: { onAdd: (added: Subspecialty) => void }) {
  const [typed, setTyped] = useState("");
  const procedures = [...new Set(typed.split(/[,;\n]/).map((each) => each.trim()))].filter(Boolean);
  const wrong = procedures.find((each) => !isProcedure(each));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (wrong !== undefined || procedures.length > 40) return;
    const form = new FormData(event.currentTarget);
    onAdd({
      procedures,
      modalities: form.getAll("modality").map(String),
      bodyRegions: form.getAll("region") as Subspecialty["bodyRegions"],
      ageBands: form.getAll("age") as Subspecialty["ageBands"],
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p className="text-quiet">What is left open in a line means any.</p>
      <Checks legend="Modalities" name="modality" options={modalities.map((each) => [each, each])} chosen={[]} />
      <Checks legend="Body regions" name="region" options={wordsOf(regionWords)} chosen={[]} />
      <Checks legend="Ages" name="age" options={wordsOf(ageBandWords)} chosen={[]} />
      <Field
        label="Procedures"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        hint="Codes, or words of the description, with commas: 70450, cardiac, prostate. One of them is enough."
        error={
          wrong !== undefined
            ? `“${wrong}” is no code and no word: letters, digits, spaces and . _ / - are, 64 at most.`
            : procedures.length > 40
              ? "40 at most in one line."
              : undefined
        }
      />
      <Button type="submit" look="primary" className="self-end">
        Add
      </Button>
    </form>
  );
}
