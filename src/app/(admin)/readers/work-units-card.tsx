"use client";

import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { plural } from "../../_ui/format.ts";
import { When } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Card } from "../account/card.tsx";
import { csvFaultWords, type ReadersAnswer } from "./words.ts";

/** What each procedure counts for; as a file out, and a whole file in. */
export function WorkUnitsCard({
  workUnits,
  onChanged,
}: {
  workUnits: ReadersAnswer["workUnits"];
  onChanged: () => void;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const bring = useMutation(trpc.readers.importWorkUnits.mutationOptions({ onSuccess: onChanged }));
  const [failed, setFailed] = useState<unknown>(null);
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    const file = input.files?.[0];
    if (!file) return;
    bring.mutate({ csv: await file.text() });
    // The same file, mended, can be chosen again.
    input.value = "";
  };
  const save = async () => {
    setFailed(null);
    try {
      const { csv } = await client.readers.exportWorkUnits.query();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      link.download = "work-units.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      setFailed(error);
    }
  };
  const faults = bring.data?.faults ?? [];
  return (
    <Card title="Work units (RVU)">
      <p>
        {workUnits.version === 0 ? (
          "The table that comes with the portal: by modality alone."
        ) : (
          <>
            Version {workUnits.version} of your own table, of <When at={workUnits.at} />.
          </>
        )}{" "}
        {plural(workUnits.procedures, "procedure")}, {plural(workUnits.modalities, "modality", "modalities")}; whatever
        is neither counts {workUnits.otherwise}.
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void save()}>Save as CSV</Button>
        <label className="inline-flex flex-wrap items-center gap-2">
          <span className="text-[0.8125rem] font-medium">Replace by a CSV file</span>
          <input
            type="file"
            accept=".csv,text/csv"
            disabled={bring.isPending}
            onChange={(event) => void take(event)}
            className="max-w-full file:mr-2 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-panel file:px-3"
          />
        </label>
      </div>
      <div role="status">
        {bring.isPending ? "Reading the file" : null}
        {bring.data && faults.length === 0 ? `In force: ${plural(bring.data.procedures, "procedure")}.` : null}
        {faults.length > 0 ? (
          <div className="text-stat">
            Nothing was changed. In the file:
            <ul className="mt-1 list-disc pl-5">
              {faults.map(({ line, fault }) => (
                <li key={`${line} ${fault}`}>
                  Line {line}: {csvFaultWords[fault]}
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
      <Problem error={bring.error ?? failed} />
    </Card>
  );
}
