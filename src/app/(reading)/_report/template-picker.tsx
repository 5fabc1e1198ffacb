"use client";

import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Template } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import type { DraftText } from "./draft-state.ts";

/** Chooses a template. Edited text is replaced only after confirmation. */
export function TemplatePicker({
  caseId,
  text,
  onChoose,
}: {
  caseId: string;
  text: DraftText;
  onChoose: (template: Template) => void;
}) {
  const trpc = useTrpc();
  const id = useId();
  const templates = useQuery(trpc.report.templates.queryOptions({ caseId }, { staleTime: Number.POSITIVE_INFINITY }));
  const [asked, setAsked] = useState<Template | null>(null);
  const current = templates.data?.find((template) => template.id === text.templateId);
  // Unedited: exactly what a template inserted, or empty.
  const written = text.sections.some(
    (section) =>
      section.text.trim() !== "" && section.text !== current?.sections.find(({ key }) => key === section.key)?.text,
  );
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-2">
      <div className="flex flex-col gap-1">
        <label htmlFor={id} className="text-xs text-quiet">
          Template
        </label>
        <select
          id={id}
          value={text.templateId}
          disabled={!templates.data}
          onChange={(event) => {
            const template = templates.data?.find((each) => each.id === event.target.value);
            if (!template || template.id === text.templateId) return;
            if (written) setAsked(template);
            else onChoose(template);
          }}
          className="h-7 w-full min-w-0 rounded-md border border-line bg-ground px-1.5 text-[0.8125rem]"
        >
          {current ? null : <option value={text.templateId}>None</option>}
          {templates.data?.map((template) => (
            <option key={template.id} value={template.id}>
              {template.title}
              {template.suggested ? " (fits this study)" : ""}
            </option>
          ))}
        </select>
      </div>
      {asked ? (
        <div
          role="alertdialog"
          aria-label="Replace the text"
          className="rounded-md border border-urgent/60 bg-urgent-soft p-2.5"
        >
          <p>Replace what you wrote with “{asked.title}”?</p>
          <div className="mt-2 flex gap-2">
            <Button
              onClick={() => {
                onChoose(asked);
                setAsked(null);
              }}
            >
              Replace
            </Button>
            <Button look="quiet" onClick={() => setAsked(null)}>
              Keep my text
            </Button>
          </div>
        </div>
      ) : null}
    </div>
  );
}
