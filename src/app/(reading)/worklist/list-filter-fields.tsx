import type { When } from "@overread/shared/case-view";
import { SelectField } from "../../_ui/field.tsx";
import { useZone } from "../../_ui/now.tsx";

/** What a filter of a list is made of. */

/** Several of a few values; none chosen: any. */
export function Choice<V extends string>({
  label,
  values,
  chosen,
  onChoose,
}: {
  label: string;
  values: Record<V, string>;
  chosen: readonly V[] | undefined;
  onChoose: (chosen: V[] | undefined) => void;
}) {
  return (
    <fieldset className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <legend className="float-left mr-3 w-16 text-[0.8125rem] font-medium">{label}</legend>
      {(Object.entries(values) as [V, string][]).map(([value, words]) => (
        <label key={value} className="flex items-center gap-1.5 text-[0.8125rem]">
          <input
            type="checkbox"
            checked={chosen?.includes(value) ?? false}
            onChange={({ target }) => {
              const rest = (chosen ?? []).filter((each) => each !== value);
              const next = target.checked ? [...rest, value] : rest;
              onChoose(next.length > 0 ? next : undefined);
            }}
          />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** One of a few values, or any. */
export function One<V extends string>({
  label,
  value,
  words,
  onChange,
}: {
  label: string;
  value: V | undefined;
  words: Record<V, string>;
  onChange: (value: V | undefined) => void;
}) {
  return (
    <SelectField
      label={label}
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value === "" ? undefined : (target.value as V))}
    >
      <option value="">any</option>
      {(Object.entries(words) as [V, string][]).map(([each, word]) => (
        <option key={each} value={each}>
          {word}
        </option>
      ))}
    </SelectField>
  );
}

/** The times that are asked for, as `is:count:unit` or `on:day:zone`. */
const times = [
  ["within-last:30:minutes", "in the last 30 minutes"],
  ["within-last:2:hours", "in the last 2 hours"],
  ["within-last:8:hours", "in the last 8 hours"],
  ["within-last:24:hours", "in the last 24 hours"],
  ["within-last:7:days", "in the last 7 days"],
  ["within-next:15:minutes", "in the next 15 minutes"],
  ["within-next:1:hours", "in the next hour"],
  ["within-next:4:hours", "in the next 4 hours"],
  ["longer-ago:1:minutes", "in the past"],
  ["longer-ago:2:hours", "more than 2 hours ago"],
  ["on:0:facility", "today at the facility"],
  ["on:-1:facility", "yesterday at the facility"],
] as const;

function timeText(when: When): string {
  return when.is === "on" ? `on:${when.day}:${when.zone}` : `${when.is}:${when.count}:${when.unit}`;
}
function timeOf(text: string): When | undefined {
  const [is, count, rest = ""] = text.split(":") as [When["is"] | "", string, string];
  if (is === "") return undefined;
  if (is === "on") return { is, day: Number(count), zone: rest };
  return { is, count: Number(count), unit: rest as "minutes" | "hours" | "days" };
}

/** A time relative to now. */
export function Time({
  label,
  value,
  onChange,
}: {
  label: string;
  value: When | undefined;
  onChange: (value: When | undefined) => void;
}) {
  const zone = useZone();
  const offered: [string, string][] = [...times.map(([text, words]) => [text, words] as [string, string])];
  if (zone !== "UTC") offered.push([`on:0:${zone}`, `today in ${zone.replaceAll("_", " ")}`]);
  offered.push(["on:0:UTC", "today in UTC"]);
  const chosen = value ? timeText(value) : "";
  if (chosen && !offered.some(([text]) => text === chosen)) offered.push([chosen, chosen.replaceAll(":", " ")]);
  return (
    <SelectField label={label} value={chosen} onChange={({ target }) => onChange(timeOf(target.value))}>
      <option value="">any time</option>
      {offered.map(([text, words]) => (
        <option key={text} value={text}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}
