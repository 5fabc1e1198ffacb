"use client";

import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useRef } from "react";
import { Button } from "./button.tsx";
import { documentTypes, sendDocument } from "./send-document.ts";

/** A form that sends one PDF or picture, with what else is to be said of it. */
export function DocumentField({
  label,
  addressOf,
  onSent,
  children,
}: {
  label: string;
  /** Where it goes, by what the form says. */
  addressOf: (form: FormData) => string;
  onSent: () => void;
  children?: ReactNode;
}) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const send = useMutation({
    mutationFn: (values: FormData) => sendDocument(addressOf(values), values.get("file") as File),
    onSuccess: () => {
      form.current?.reset();
      onSent();
    },
  });
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate(new FormData(event.currentTarget));
      }}
      className="flex flex-col gap-2"
    >
      <div className="flex flex-wrap items-end gap-3">
        {children}
        <div className="flex min-w-0 flex-col gap-1">
          <label htmlFor={id} className="text-[0.8125rem] font-medium">
            {label}
          </label>
          <input
            id={id}
            name="file"
            type="file"
            required
            accept={documentTypes.join(",")}
            className="h-9 max-w-full rounded-md border border-line-strong bg-panel pr-2.5 text-sm file:mr-2.5 file:h-full file:border-0 file:border-r file:border-solid file:border-line-strong file:bg-transparent file:px-2.5 file:font-medium"
          />
        </div>
        <Button type="submit" disabled={send.isPending}>
          {send.isPending ? "Adding" : "Add"}
        </Button>
      </div>
      <p className="text-xs text-quiet">PDF, JPEG or PNG, up to 20 MB</p>
      {send.error ? (
        <p role="alert" className="text-stat">
          {send.error.message}
        </p>
      ) : null}
    </form>
  );
}
