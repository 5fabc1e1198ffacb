"use client";

import { useState } from "react";
import { useTrpcClient } from "../../../_trpc/client.tsx";
import { messageFor } from "../../../_trpc/errors.ts";
import type { ServiceLevels } from "../../../_trpc/types.ts";
import { Exact } from "../../../_ui/now.tsx";
import { useToast } from "../../../_ui/toast.tsx";

/** Whether studies are lent to cases of other hospitals, and cases read with theirs: the hospital decides, both sides see it. */
export function PriorTerms({ contract, onSaved }: { contract: ServiceLevels; onSaved: () => void }) {
  const client = useTrpcClient();
  const toast = useToast();
  const [saving, setSaving] = useState(false);
  const { contractId, priors, maySave, group } = contract;

  const save = async (change: { lends?: boolean; borrows?: boolean }) => {
    setSaving(true);
    try {
      const { lends, borrows, priorTermsId } = priors;
      await client.serviceLevel.savePriorTerms.mutate({
        contractId,
        basedOn: priorTermsId,
        lends,
        borrows,
        ...change,
      });
    } catch (error) {
      toast(messageFor(error), { tone: "problem" });
    } finally {
      setSaving(false);
      onSaved();
    }
  };
  const line = (name: "lends" | "borrows", words: string) => (
    <label className="flex items-start gap-2">
      <input
        type="checkbox"
        className="mt-1 accent-(--accent)"
        checked={priors[name]}
        disabled={!maySave || saving}
        onChange={(event) => void save({ [name]: event.target.checked })}
      />
      {words}
    </label>
  );
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 font-medium">Priors of other hospitals</legend>
      {line("lends", `Lend our studies: a reader of ${group} may open one while holding a case of the same person.`)}
      {line("borrows", "Borrow for our cases: they may be read with studies that other hospitals lend.")}
      <p className="text-xs text-quiet">
        Takes both hospitals. The same ID of the same issuer, name, birth date and sex must agree. A change counts at
        once.{" "}
        {priors.at ? (
          <>
            Set by {priors.by ?? "somebody"}, <Exact at={priors.at} />.
          </>
        ) : (
          "Nobody has allowed it yet."
        )}
      </p>
    </fieldset>
  );
}
