"use client";

import { asking, withWant } from "@overread/shared/hanging/edit";
import { isProjection, pictureModalities } from "@overread/shared/hanging/pictures";
import { type Place, type Want, wantChoices } from "@overread/shared/hanging/protocol";
import { choiceInWords, wantInWords, windowInWords } from "@overread/shared/hanging/words";
import { Button } from "../../_ui/button.tsx";
import { SelectField } from "../../_ui/field.tsx";

type Question = { what: keyof Want; label: string; choices: readonly (readonly [words: string, value: unknown])[] };

const listed = (what: keyof typeof wantChoices, label: string): Question => ({
  what,
  label,
  choices: wantChoices[what].map((each) => [choiceInWords(each), [each]]),
});
const plane = listed("plane", "Plane");
const contrast: Question = {
  what: "contrast",
  label: "Contrast medium",
  choices: [
    ["after contrast", true],
    ["without contrast", false],
  ],
};
const fat: Question = {
  what: "fatSaturated",
  label: "Fat",
  choices: [
    ["saturated", true],
    ["not saturated", false],
  ],
};
const side: Question = {
  what: "side",
  label: "Side",
  choices: [
    ["right", "R"],
    ["left", "L"],
  ],
};
const apart: Question = { what: "apart", label: "Further views", choices: [["no standard view", true]] };

/** What can be asked of series of these modalities. */
function questionsFor(modalities: readonly string[]): Question[] {
  const modality: Question = {
    what: "modality",
    label: "Modality",
    choices: modalities.map((each) => [each, [each]]),
  };
  const some = (test: (modality: string) => boolean) => modalities.some(test);
  return [
    ...(modalities.length > 1 ? [modality] : []),
    ...(some((each) => !pictureModalities.has(each)) ? [plane] : []),
    ...(some((each) => each === "MR") ? [listed("weighting", "Weighting"), fat] : []),
    ...(some((each) => each === "CT") ? [listed("kernel", "Kernel")] : []),
    ...(some((each) => each === "CT" || each === "MR") ? [contrast] : []),
    ...(some(isProjection) ? [listed("view", "View"), side] : []),
    ...(some((each) => each === "MG" || each === "SM") ? [listed("picture", "Kind")] : []),
    ...(some((each) => each === "MG") ? [apart] : []),
  ];
}

/** HU. */
const windows = [
  ["brain", { center: 40, width: 80 }],
  ["soft tissue", { center: 40, width: 400 }],
  ["lung", { center: -600, width: 1500 }],
  ["bone", { center: 480, width: 2500 }],
] as const;

/** What one place of a screen asks for, first this, else that. */
export function PlaceFields({
  place,
  modalities,
  onChange,
}: {
  place: Place;
  modalities: readonly string[];
  onChange: (next: Place) => void;
}) {
  const questions = questionsFor(modalities);
  const withoutWindow = (): Place => {
    const { window: _, ...rest } = place;
    return rest;
  };
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-2">
      <SelectField
        label="Of which study"
        value={place.study}
        onChange={({ currentTarget: { value } }) => onChange({ ...place, study: Number(value) })}
      >
        <option value={0}>The current one</option>
        {[1, 2, 3].map((n) => (
          <option key={n} value={n}>
            {n === 1 ? "Its most relevant prior" : `Prior ${n}`}
          </option>
        ))}
      </SelectField>
      {place.wants.map((want, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: alternatives are told apart by their order.
        <fieldset key={n} className="flex flex-col gap-1 rounded border border-line px-2 pb-2">
          <legend>
            {n === 0 ? "First" : "Else"}: {wantInWords(want)}
          </legend>
          <div className="grid grid-cols-2 gap-2">
            {questions.map(({ what, label, choices }) => (
              <Choice
                key={what}
                label={label}
                value={want[what]}
                choices={choices}
                onChange={(value) => onChange(withWant(place, n, asking(want, what, value as Want[typeof what])))}
              />
            ))}
          </div>
          <Button onClick={() => onChange(withWant(place, n, null))}>Do not ask for this</Button>
        </fieldset>
      ))}
      {place.wants.length < 6 ? (
        <Button onClick={() => onChange(withWant(place, place.wants.length, {}))}>
          {place.wants.length === 0 ? "Show a series here" : "Else another"}
        </Button>
      ) : null}
      {modalities.includes("CT") && place.wants.length > 0 ? (
        <Choice
          label="Window"
          none="as it was sent"
          value={place.window}
          choices={[
            ...windows,
            ...(place.window && !windows.some(([, each]) => same(each, place.window))
              ? [[windowInWords(place.window), place.window] as const]
              : []),
          ]}
          onChange={(value) =>
            onChange(value ? { ...place, window: value as NonNullable<Place["window"]> } : withoutWindow())
          }
        />
      ) : null}
    </div>
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** One of these, or none. A value of several, as built-in protocols have it, stays a choice. */
function Choice({
  label,
  value,
  choices,
  none = "any",
  onChange,
}: {
  label: string;
  value: unknown;
  choices: readonly (readonly [words: string, value: unknown])[];
  none?: string;
  onChange: (value: unknown) => void;
}) {
  const known = value === undefined || choices.some(([, each]) => same(each, value));
  const all = known
    ? choices
    : [...choices, [[value].flat().map(String).map(choiceInWords).join(" or "), value] as const];
  return (
    <SelectField
      label={label}
      value={value === undefined ? "" : JSON.stringify(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value ? JSON.parse(currentTarget.value) : undefined)}
    >
      <option value="">{none}</option>
      {all.map(([words, each]) => (
        <option key={words} value={JSON.stringify(each)}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}
