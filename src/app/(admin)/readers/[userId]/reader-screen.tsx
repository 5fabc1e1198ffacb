"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Me } from "../../../_trpc/types.ts";
import { buttonClass } from "../../../_ui/button.tsx";
import { plural } from "../../../_ui/format.ts";
import { OfficePage } from "../../office-page.tsx";
import { Endings } from "../endings.tsx";
import type { ReaderView } from "../words.ts";
import { LicencesCard } from "./licences-card.tsx";
import { PrivilegesCard } from "./privileges-card.tsx";
import { ProfileForm } from "./profile-form.tsx";
import { ShiftsCard } from "./shifts-card.tsx";

/** All that is kept of one reader, for the lead to change. */
export function ReaderScreen({ me, initial, at }: { me: Me; initial: ReaderView; at: number }) {
  const trpc = useTrpc();
  const { userId } = initial;
  const query = useQuery(trpc.readers.get.queryOptions({ userId }, { initialData: initial, initialDataUpdatedAt: at }));
  const reader = query.data;
  const refresh = () => void query.refetch();
  // Kept here: a profile that was saved is a new form.
  const [saved, setSaved] = useState(false);
  return (
    <OfficePage
      me={me}
      wide
      title={reader.displayName}
      intro={
        <>
          {plural(reader.done.cases, "case")} and {reader.done.workUnits.toFixed(1)} RVU in this shift; lately{" "}
          {reader.minutesPerWorkUnit.toFixed(1)} minutes for an RVU.
        </>
      }
      act={
        <Link href="/readers" className={buttonClass()}>
          All readers
        </Link>
      }
    >
      <Endings endings={reader.endings} />
      <ProfileForm
        key={JSON.stringify(reader.profile)}
        reader={reader}
        saved={saved}
        onSaved={(now) => {
          setSaved(now);
          if (now) refresh();
        }}
      />
      <LicencesCard reader={reader} onChanged={refresh} />
      <PrivilegesCard reader={reader} onChanged={refresh} />
      <ShiftsCard reader={reader} onChanged={refresh} />
    </OfficePage>
  );
}
