"use client";

import type { FormEvent, ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Problem } from "./problem.tsx";

/** A decision about somebody's images: what it does, the reason that goes on the audit trail, and a last word. */
export function ReasonDialog({
  open,
  title,
  label,
  confirm,
  hint = "For the audit trail. No names.",
  pending,
  error,
  onClose,
  onDecide,
  children,
}: {
  open: boolean;
  title: string;
  /** Of the field for the reason. */
  label: string;
  /** What the deciding button says. */
  confirm: string;
  /** Who reads the reason. */
  hint?: string;
  pending: boolean;
  error: unknown;
  onClose: () => void;
  onDecide: (reason: string) => void;
  /** What follows from the decision. */
  children: ReactNode;
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onDecide(String(new FormData(event.currentTarget).get("reason") ?? ""));
  };
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <p>{children}</p>
        <Field
          label={label}
          name="reason"
          required
          minLength={3}
          maxLength={300}
          autoComplete="off"
          hint={hint}
          data-first
        />
        <Problem error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={pending}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
