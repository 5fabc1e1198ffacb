/** Several of a list, as boxes of one form field. */
export function Checks({
  legend,
  hint,
  name,
  options,
  chosen,
}: {
  legend: string;
  hint?: string;
  name: string;
  options: readonly (readonly [value: string, label: string])[];
  chosen: readonly string[];
}) {
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">{legend}</legend>
      {hint ? <p className="text-xs text-quiet">{hint}</p> : null}
      <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
        {options.map(([value, label]) => (
          <label key={value} className="inline-flex min-h-6 items-center gap-1.5">
            <input type="checkbox" name={name} value={value} defaultChecked={chosen.includes(value)} />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
