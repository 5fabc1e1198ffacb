"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTrpc, useTrpcClient } from "../../../_trpc/client.tsx";
import { messageFor } from "../../../_trpc/errors.ts";
import type { AuditItem, Inputs, Me, StaffMember } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../../_ui/empty-state.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Exact } from "../../../_ui/now.tsx";
import { SkeletonRows } from "../../../_ui/skeleton.tsx";
import { Badge } from "../../../_ui/status.tsx";
import { Table } from "../../../_ui/table.tsx";
import { useToast } from "../../../_ui/toast.tsx";
import { OfficePage } from "../../office-page.tsx";
import { actionName } from "./action-name.ts";
import { toCsv } from "./csv.ts";
import { dayAfter } from "./day-after.ts";

type Search = NonNullable<Inputs["audit"]["search"]>;
/** What one file may hold; a longer trail is exported in pieces of time. */
const exportLimit = 20_000;

/** Who did what to this organisation's data. The search is on the trail itself. */
export function AuditScreen({ me, people }: { me: Me; people: StaffMember[] }) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const toast = useToast();
  const [search, setSearch] = useState<Search>({});
  const [exporting, setExporting] = useState(false);
  const query = useInfiniteQuery(
    trpc.audit.search.infiniteQueryOptions(search, {
      getNextPageParam: (page) => page.nextCursor ?? undefined,
      placeholderData: keepPreviousData,
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  );
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const waiting = query.data?.pages[0]?.waiting ?? 0;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    setSearch({
      ...(text("patientId") ? { patientId: text("patientId") } : {}),
      ...(text("userId") ? { userId: text("userId") } : {}),
      ...(form.get("lent") ? { lent: true } : {}),
      ...(text("from") ? { from: text("from") } : {}),
      ...(text("to") ? { to: dayAfter(text("to")) } : {}),
    });
  };

  const exportCsv = async () => {
    setExporting(true);
    try {
      const rows: AuditItem[] = [];
      let cursor: string | null = null;
      let left = 0;
      do {
        const page: { items: AuditItem[]; nextCursor: string | null; waiting: number } =
          await client.audit.search.query({
            ...search,
            limit: 500,
            ...(cursor ? { cursor } : {}),
          });
        rows.push(...page.items);
        left = page.waiting;
        cursor = page.nextCursor;
      } while (cursor && rows.length < exportLimit);
      const head = ["No.", "Time (UTC)", "Who", "Kind", "Act", "Outcome", "Study Instance UID", "Case", "Details"];
      const csv = toCsv([
        head,
        ...rows.map((row) => [
          row.seq,
          row.at,
          row.actorName,
          row.actorKind,
          row.action,
          row.outcome,
          row.studyInstanceUid ?? "",
          row.caseId ?? "",
          detailText(row),
        ]),
      ]);
      const url = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
      const link = document.createElement("a");
      link.href = url;
      // No patient id in a file name.
      link.download = `audit-${me.org.slug}-${new Date().toISOString().slice(0, 10)}.csv`;
      link.click();
      URL.revokeObjectURL(url);
      if (left > 0)
        toast(`${left.toLocaleString("en")} reads are kept and not in the file yet. Export again in a moment.`);
      if (cursor)
        toast(`The first ${exportLimit.toLocaleString("en")} events are in the file. Narrow the dates for the rest.`);
    } catch (error) {
      toast(messageFor(error), { tone: "problem" });
    } finally {
      setExporting(false);
    }
  };

  return (
    <OfficePage
      me={me}
      wide
      title="Audit"
      intro="Everything anybody did to this organisation's data, newest first. Entries cannot be changed, and searching is itself recorded."
      act={
        <Button onClick={() => void exportCsv()} disabled={exporting || items.length === 0}>
          <Download className="size-4" aria-hidden="true" />
          {exporting ? "Collecting" : "Export CSV"}
        </Button>
      }
    >
      <form
        onSubmit={submit}
        className="grid grid-cols-2 items-end gap-3 md:flex md:flex-wrap"
        aria-label="Search the trail"
      >
        <Field label="Patient ID" name="patientId" className="md:w-44" autoComplete="off" />
        <SelectField label="Person" name="userId" className="md:w-52" defaultValue="">
          <option value="">Anybody</option>
          {people.map((person) => (
            <option key={person.userId} value={person.userId}>
              {person.displayName}
            </option>
          ))}
        </SelectField>
        <Field label="From" name="from" type="date" className="md:w-40" />
        <Field label="To" name="to" type="date" className="md:w-40" />
        <label className="flex h-9 items-center gap-2 max-md:col-span-2">
          <input type="checkbox" name="lent" className="accent-(--accent)" />
          Only studies lent to other hospitals’ cases
        </label>
        <Button type="submit" look="primary" className="h-9 max-md:col-span-2">
          Search
        </Button>
      </form>
      {query.isPending ? (
        <SkeletonRows count={10} label="Loading the audit trail" />
      ) : query.isError && !query.data ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : items.length === 0 ? (
        <EmptyState title="Nothing was done that fits this search">
          {search.from && search.to && search.from >= search.to ? "The first day is after the last." : null}
        </EmptyState>
      ) : (
        <Table label="Audit trail" head={["Time", "Who", "Act", "Outcome", "Study", "Details", "No."]}>
          {items.map((item) => (
            <tr key={item.seq} className="row-lazy">
              <td className="tabular whitespace-nowrap max-md:text-quiet">
                <Exact at={item.at} seconds />
              </td>
              <td className="whitespace-nowrap">
                {item.actorName}
                {item.actorKind === "user" ? null : <span className="text-quiet"> ({item.actorKind})</span>}
              </td>
              <td className="font-medium whitespace-nowrap" title={item.action}>
                {actionName(item.action)}
              </td>
              <td>
                {item.outcome === "success" ? (
                  <span className="text-quiet">done</span>
                ) : (
                  <Badge tone={item.outcome === "refused" ? "urgent" : "stat"}>{item.outcome}</Badge>
                )}
              </td>
              {item.studyInstanceUid ? (
                <td className="tabular text-xs text-quiet md:max-w-40 md:truncate" title={item.studyInstanceUid}>
                  <span className="break-all">{item.studyInstanceUid}</span>
                </td>
              ) : (
                <td />
              )}
              <td className="text-xs wrap-anywhere text-quiet md:min-w-56">{detailText(item)}</td>
              <td className="tabular text-quiet">{item.seq}</td>
            </tr>
          ))}
        </Table>
      )}
      {waiting > 0 ? (
        <p className="text-quiet">
          {waiting.toLocaleString("en")} more {waiting === 1 ? "read is" : "reads are"} kept and not on this list yet.
          Search again in a moment.
        </p>
      ) : null}
      {query.hasNextPage ? (
        <Button className="self-center" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {query.isFetchingNextPage ? "Loading" : "Show older"}
        </Button>
      ) : null}
    </OfficePage>
  );
}

function detailText(item: AuditItem): string {
  return Object.entries(item.details)
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
