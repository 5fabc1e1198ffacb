"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { EmptyState } from "../../_ui/empty-state.tsx";
import { plural } from "../../_ui/format.ts";
import { When } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Badge } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { Card } from "../account/card.tsx";
import { OfficePage } from "../office-page.tsx";
import { Endings } from "./endings.tsx";
import { GroupsCard } from "./groups-card.tsx";
import { type ReaderListItem, type ReadersAnswer, readTypeWords } from "./words.ts";
import { WorkUnitsCard } from "./work-units-card.tsx";

/** Who reads for the group: who is on shift, whose licence or privilege ends soon, and whom they would bar. */
export function ReadersScreen({ me, initial, at }: { me: Me; initial: ReadersAnswer; at: number }) {
  const trpc = useTrpc();
  const query = useQuery(trpc.readers.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }));
  const { items, endings, places, groups, workUnits, enforced } = query.data;
  const refresh = () => void query.refetch();
  return (
    <OfficePage
      me={me}
      wide
      title="Readers"
      intro="What assignment knows of each radiologist. A reader sees the same under Account, and changes none of it."
    >
      <CredentialsCard items={items} enforced={enforced} onChanged={refresh} />
      <Endings endings={endings} nameOf={(id) => items.find(({ userId }) => userId === id)?.displayName ?? ""} />
      {items.length === 0 ? (
        <EmptyState title="No radiologist has an account here">
          A site administrator makes accounts under People; they appear here at once.
        </EmptyState>
      ) : (
        <Table label="Readers" head={["Reader", "Now", "Reads", "Licences", "Cannot report at", "This shift"]}>
          {items.map((item) => readerRow(item, places))}
        </Table>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <GroupsCard groups={groups} items={items} onChanged={refresh} />
        <WorkUnitsCard workUnits={workUnits} onChanged={refresh} />
      </div>
      <Card title="Facilities you read for">
        {places.length === 0 ? (
          <p className="text-quiet">No hospital has a contract with your group.</p>
        ) : (
          <ul className="flex flex-col gap-1">
            {places.map((place) => (
              <li key={place.facilityId}>
                {place.name}, {place.hospitalName}:{" "}
                <span className="text-quiet">
                  {place.jurisdiction ? `asks for a licence valid in ${place.jurisdiction}` : "no licence rule"}
                </span>
              </li>
            ))}
          </ul>
        )}
        <p className="text-quiet">The hospital sets the jurisdiction, on its page Facilities.</p>
      </Card>
    </OfficePage>
  );
}

function CredentialsCard({
  items,
  enforced,
  onChanged,
}: {
  items: ReaderListItem[];
  enforced: boolean;
  onChanged: () => void;
}) {
  const trpc = useTrpc();
  const enforce = useMutation(trpc.readers.enforce.mutationOptions({ onSuccess: onChanged }));
  const barred = items.filter(({ barredAt }) => barredAt.length > 0).length;
  return (
    <Card title="Licences and privileges">
      <p>
        {enforced
          ? "Enforced: a reader gets a case only with a valid licence for the facility's jurisdiction and a privilege to report there."
          : "Not enforced: they are kept and reminded of, and every radiologist may report for every facility."}{" "}
        {barred === 0
          ? "Every reader has all that is asked for."
          : `${plural(barred, "reader")} ${enforced ? "cannot" : "could not"} report at some facility; see below.`}
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <Button
          look={enforced ? "danger" : "primary"}
          disabled={enforce.isPending}
          onClick={() => enforce.mutate({ enforced: !enforced })}
        >
          {enforced ? "Stop enforcing them" : "Enforce them"}
        </Button>
        <Problem error={enforce.error} />
      </div>
    </Card>
  );
}

/** No component: the table labels the cells that it is given. */
function readerRow(item: ReaderListItem, places: ReadersAnswer["places"]) {
  const placeOf = (id: string) => places.find(({ facilityId }) => facilityId === id)?.name ?? "";
  return (
    <tr key={item.userId}>
      <td className="font-medium">
        <Link href={`/readers/${item.userId}`} className="text-accent hover:underline">
          {item.displayName}
        </Link>
      </td>
      <td>
        <Standing item={item} />
      </td>
      <td>
        {item.readTypes.map((each) => readTypeWords[each as keyof typeof readTypeWords] ?? each).join(", ") ||
          "Nothing"}
      </td>
      <td>{item.licences.join(", ") || <span className="text-quiet">none valid</span>}</td>
      <td>
        {item.barredAt.length === 0 ? (
          <span className="text-quiet">nowhere</span>
        ) : (
          <ul>
            {item.barredAt.map(({ facilityId, why }) => (
              <li key={facilityId}>
                {placeOf(facilityId)}: <span className="text-quiet">no {why}</span>
              </li>
            ))}
          </ul>
        )}
      </td>
      <td className="tabular">
        {plural(item.done.cases, "case")}, {item.done.workUnits.toFixed(1)} RVU
      </td>
    </tr>
  );
}

function Standing({ item: { standing, until, signedIn } }: { item: ReaderListItem }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1">
      {standing === "on-shift" ? <Badge tone="done">On shift</Badge> : null}
      {standing === "on-break" ? <Badge tone="urgent">On a break</Badge> : null}
      {standing === "off-shift" ? <Badge>Off shift</Badge> : null}
      {standing === "off-roster" ? <Badge>On no roster</Badge> : null}
      {until ? (
        <span className="text-quiet">
          {standing === "off-shift" ? "next" : "until"} <When at={until} />
        </span>
      ) : null}
      {standing === "on-shift" && !signedIn ? (
        <span className="inline-flex items-center gap-1 text-urgent">
          <TriangleAlert className="size-3.5" aria-hidden="true" />
          not signed in
        </span>
      ) : signedIn ? (
        <span className="text-quiet">signed in</span>
      ) : null}
    </span>
  );
}
