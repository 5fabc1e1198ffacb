"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Download, Scale } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Me, Outputs } from "../../_trpc/types.ts";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../_ui/empty-state.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { formatDicomDate, plural } from "../../_ui/format.ts";
import { doubtsInWords, overReadScores } from "../../_ui/in-words.ts";
import { When } from "../../_ui/now.tsx";
import { Badge, PatientMark } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { toCsv } from "../admin/audit/csv.ts";
import { saveCsv } from "../board/fairness-report.tsx";
import { OfficePage } from "../office-page.tsx";
import { CloseDialog, Notes } from "./close-dialog.tsx";
import { csvRows } from "./csv-rows.ts";
import { FilterForm } from "./filter-form.tsx";
import { addressOf, type Item, type Search } from "./search.ts";

type Answer = Outputs["discrepancy"]["list"];

/** Over-reads that differ: the lead's view of the group, each reader's of his own. */
export function DiscrepanciesScreen({
  me,
  search,
  initial,
  at,
}: {
  me: Me;
  search: Search;
  initial: Answer;
  at: number;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const toast = useToast();
  const [closing, setClosing] = useState<Item | null>(null);
  const [exporting, setExporting] = useState(false);
  const query = useQuery(
    trpc.discrepancy.list.queryOptions(search, { initialData: initial, initialDataUpdatedAt: at }),
  );
  const { data } = query;
  const queryClient = useQueryClient();
  // Under every filter that was looked at before, too.
  const changed = () => void queryClient.invalidateQueries({ queryKey: trpc.discrepancy.pathKey() });
  const all = me.can.allDiscrepancies;
  const exportCsv = async () => {
    setExporting(true);
    try {
      const { page: _, ...filter } = search;
      const { items, left } = await client.discrepancy.export.query(filter);
      saveCsv(toCsv(csvRows(items)), `discrepancies-${me.org.slug}-${new Date().toISOString().slice(0, 10)}.csv`);
      if (left > 0) toast(`${left.toLocaleString("en")} more are not in the file. Narrow the days for the rest.`);
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
      title="Discrepancies"
      intro={
        all
          ? "Over-reads that differ from the preliminary report. Each reader sees his own; the hospital sees none of this."
          : "Over-reads that differ, of your preliminary reports and by you. Your lead sees them too; your colleagues' are not listed here, and the hospital sees none of this."
      }
      act={
        <Button onClick={() => void exportCsv()} disabled={exporting || data.items.length === 0}>
          <Download className="size-4" aria-hidden="true" />
          {exporting ? "Collecting" : "Export CSV"}
        </Button>
      }
    >
      <FilterForm me={me} search={search} list={data} />
      <p role="status" className="text-quiet">
        {plural(data.total, "discrepancy", "discrepancies")} in this list · of all, {data.open} not acknowledged by{" "}
        {all ? "the author" : "the first reader"}
        {all ? `, ${data.toClose} of weight to the patient to be closed` : ""}. Days are of UTC.
      </p>
      {query.isError ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : data.items.length === 0 ? (
        <Nothing search={search} />
      ) : (
        <Table
          label="Discrepancies"
          head={[
            "Case",
            "Facility",
            "First reader",
            "Over-reader",
            "Score",
            "What differs",
            "Acknowledged",
            "Done",
            "",
          ]}
        >
          {data.items.map((item) => discrepancyRow(item, me, () => setClosing(item), changed))}
        </Table>
      )}
      <Pages search={search} list={data} />
      {closing ? (
        <CloseDialog
          item={closing}
          onClose={() => setClosing(null)}
          onDone={() => {
            setClosing(null);
            toast("Noted.");
            changed();
          }}
        />
      ) : null}
    </OfficePage>
  );
}

function Nothing({ search }: { search: Search }) {
  const filtered = Object.keys(search).length > 0;
  return (
    <div className="rounded-lg border border-dashed border-line-strong/60">
      <EmptyState icon={Scale} title={filtered ? "No discrepancy fits" : "No over-read differs"}>
        {filtered
          ? search.from && search.to && search.from > search.to
            ? "The first day is after the last."
            : "Another filter may find some."
          : "When a reader goes over a colleague's preliminary report and differs from it, it stands here."}
      </EmptyState>
    </div>
  );
}

function Pages({ search, list }: { search: Search; list: Answer }) {
  if (list.pages === 1 && list.page === 1) return null;
  const to = (page: number) => addressOf({ ...search, page: page > 1 ? page : undefined } as Search);
  return (
    <nav aria-label="Pages" className="flex items-center justify-center gap-3">
      {list.page > 1 ? (
        <Link href={to(Math.min(list.page - 1, list.pages))} className={buttonClass()}>
          Before
        </Link>
      ) : null}
      <span className="tabular text-quiet">
        Page {list.page} of {list.pages}
      </span>
      {list.page < list.pages ? (
        <Link href={to(list.page + 1)} className={buttonClass()}>
          After
        </Link>
      ) : null}
    </nav>
  );
}

/** No component: the table labels the cells that it is given. */
function discrepancyRow(item: Item, me: Me, onNote: () => void, onChanged: () => void) {
  return (
    <tr key={item.overReadId} data-over-read={item.overReadId}>
      <td className="md:min-w-44">
        {item.doubts.length > 0 ? <PatientMark words={doubtsInWords(item.doubts) ?? ""} /> : null}
        {me.can.cases ? (
          <Link href={`/studies/${item.caseId}`} className="font-medium text-accent hover:underline">
            <bdi>{item.patientName || "Name not given"}</bdi>
          </Link>
        ) : (
          <bdi className="font-medium">{item.patientName || "Name not given"}</bdi>
        )}
        <span className="block text-xs text-quiet">
          <span className="tabular">{item.patientId || "—"}</span> ·{" "}
          <Exam modalities={item.modalities} description={item.studyDescription} /> · {formatDicomDate(item.studyDate)}
        </span>
      </td>
      <td>{item.facility || "—"}</td>
      <td>{item.firstReaderId === me.user.id ? "You" : item.firstReader}</td>
      <td>
        <span>{item.overReaderId === me.user.id ? "You" : item.overReader}</span>
        <span className="block text-xs text-quiet">
          <When at={item.at} />
        </span>
      </td>
      <td className="md:min-w-36">
        {item.score} · {overReadScores[item.score - 1]}
        {item.significant ? (
          <span className="block">
            <Badge tone="stat">Matters to the patient</Badge>
          </span>
        ) : null}
      </td>
      <td className="wrap-anywhere whitespace-pre-wrap md:min-w-40">
        {item.comment || <span className="text-quiet">—</span>}
      </td>
      <td>{item.acknowledgedAt ? <When at={item.acknowledgedAt} /> : <span className="text-quiet">not yet</span>}</td>
      <td className="md:min-w-36">
        {item.closures.length > 0 ? (
          <Notes item={item} />
        ) : (
          <span className="text-quiet">{item.significant ? "to be closed" : "—"}</span>
        )}
      </td>
      <td>
        {item.canAcknowledge ? <Acknowledge item={item} onDone={onChanged} /> : null}
        {item.canClose ? (
          <Button
            look={item.significant && item.closures.length === 0 ? "plain" : "quiet"}
            onClick={onNote}
            aria-label={`What was done about ${item.patientName}`}
          >
            {item.closures.length > 0 ? "Note further" : "Close"}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}

function Acknowledge({ item, onDone }: { item: Item; onDone: () => void }) {
  const trpc = useTrpc();
  const toast = useToast();
  const acknowledge = useMutation(
    trpc.discrepancy.acknowledge.mutationOptions({
      onSuccess: onDone,
      onError: (error) => toast(messageFor(error), { tone: "problem" }),
    }),
  );
  return (
    <Button
      disabled={acknowledge.isPending}
      onClick={() => acknowledge.mutate({ overReadId: item.overReadId })}
      aria-label={`I have seen it: ${item.patientName}`}
    >
      <Check className="size-4" aria-hidden="true" />I have seen it
    </Button>
  );
}
