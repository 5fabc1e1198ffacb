"use client";

import { reportLanguages } from "@overread/shared/report-languages";
import { useId } from "react";

const sorted = Object.entries(reportLanguages).sort(([, a], [, b]) => a.localeCompare(b, "en"));

/** The report's language: recorded in the PDF and the structured report, and preset for the reader's next report. */
export function LanguagePicker({ language, onChoose }: { language: string; onChoose: (language: string) => void }) {
  const id = useId();
  return (
    <div className="flex w-32 shrink-0 flex-col gap-1">
      <label htmlFor={id} className="text-xs text-quiet">
        Language
      </label>
      <select
        id={id}
        value={language}
        onChange={(event) => onChoose(event.target.value)}
        className="h-7 min-w-0 rounded-md border border-line bg-ground px-1.5 text-[0.8125rem]"
      >
        <option value="">Not stated</option>
        {sorted.map(([tag, name]) => (
          <option key={tag} value={tag}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
