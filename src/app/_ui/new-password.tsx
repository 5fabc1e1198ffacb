"use client";

import { useState } from "react";
import { Field } from "./field.tsx";

/**
 * A new password, typed twice.
 *
 * @returns the fields for a form, and a function that reads the password from the form: null, with an error at the
 * second field, when the two differ.
 */
export function useNewPassword() {
  const [differ, setDiffer] = useState(false);
  const take = (form: HTMLFormElement): string | null => {
    const data = new FormData(form);
    const password = String(data.get("new-password") ?? "");
    const same = password === String(data.get("again") ?? "");
    setDiffer(!same);
    return same ? password : null;
  };
  const fields = (
    <>
      <Field
        label="New password"
        name="new-password"
        type="password"
        autoComplete="new-password"
        required
        minLength={12}
        hint="At least 12 characters; several words that do not belong together are good"
      />
      <Field
        label="The same once more"
        name="again"
        type="password"
        autoComplete="new-password"
        required
        error={differ ? "The two are not the same." : undefined}
      />
    </>
  );
  return { fields, take };
}
