"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Me, ServiceLevels } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/empty-state.tsx";
import { formatMoment } from "../../../_ui/format.ts";
import { termsInWords } from "../../../_ui/service-level-words.ts";
import { OfficePage } from "../../office-page.tsx";
import { PriorTerms } from "./prior-terms.tsx";
import { ServiceLevelForm } from "./service-level-form.tsx";

/** What each contract promises: the version in force as sentences, those before and after it, and a form for the next one. */
export function ServiceLevelsScreen({ me, initial, at }: { me: Me; initial: ServiceLevels[]; at: number }) {
  const trpc = useTrpc();
  const query = useQuery(
    trpc.serviceLevel.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }),
  );
  return (
    <OfficePage
      me={me}
      title="Service levels"
      intro="How long a study may wait for its report. The first line that fits decides. A version is never changed: a new one takes its place from its beginning on, and a case keeps the one of its arrival."
    >
      {query.data.map((contract) => (
        <Contract key={contract.contractId} contract={contract} onSaved={() => void query.refetch()} />
      ))}
      {query.data.length === 0 ? <EmptyState title="No contract is in your care" /> : null}
    </OfficePage>
  );
}

function Contract({ contract, onSaved }: { contract: ServiceLevels; onSaved: () => void }) {
  const [edits, setEdits] = useState(false);
  const { versions, timeZone } = contract;
  const newest = [...versions].sort((a, b) => (a.serviceLevelId < b.serviceLevelId ? 1 : -1))[0];
  const names = (id: string) => contract.facilities.find(({ facilityId }) => facilityId === id)?.name ?? id;
  const title = `${contract.hospital}${contract.facility ? `, ${contract.facility}` : ""}, read by ${contract.group}`;
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-base font-semibold">{title}</h2>
        {contract.maySave && !edits ? <Button onClick={() => setEdits(true)}>New version</Button> : null}
      </div>
      {edits ? (
        <ServiceLevelForm
          contract={contract}
          names={names}
          newest={newest?.serviceLevelId ?? null}
          onDone={(saved) => {
            setEdits(false);
            if (saved) onSaved();
          }}
        />
      ) : null}
      <PriorTerms contract={contract} onSaved={onSaved} />
      <ol className="flex flex-col gap-4">
        {versions.map((version) => (
          <li key={version.serviceLevelId} className="border-t border-line pt-3">
            <h3 className="font-medium">
              {version.inForce ? "In force" : version.validUntil && !isLater(version, versions) ? "Before" : "Later"},
              from {formatMoment(version.validFrom, timeZone)}
              {version.validUntil ? ` until ${formatMoment(version.validUntil, timeZone)}` : ""}
            </h3>
            <p className="text-xs text-quiet">
              {version.createdBy
                ? `Written by ${version.createdBy}, ${formatMoment(version.createdAt, timeZone)}`
                : "Written with the contract"}
            </p>
            <ul className="mt-1 list-none">
              {termsInWords(version, names).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** It begins after the one in force. */
function isLater(version: ServiceLevels["versions"][number], versions: ServiceLevels["versions"]): boolean {
  const current = versions.find(({ inForce }) => inForce);
  return !current || version.validFrom > current.validFrom;
}
