"use client";

import type { CaseView, SortColumn } from "@overread/shared/case-view";
import { examinationModalities } from "@overread/shared/dicom/modalities";
import { mostReserved } from "@overread/shared/reservation";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, detailsOf, messageFor } from "../../_trpc/errors.ts";
import { serverNow } from "../../_trpc/server-time.ts";
import type { CaseSkip, Me, Outputs, WorklistAnswer, WorklistItem } from "../../_trpc/types.ts";
import { FailedState } from "../../_ui/empty-state.tsx";
import { formatSpan, formatWhen, plural } from "../../_ui/format.ts";
import { useZone } from "../../_ui/now.tsx";
import { Palette, type PaletteCommand } from "../../_ui/palette.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { SkeletonRows } from "../../_ui/skeleton.tsx";
import { switchTheme } from "../../_ui/theme-switch.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { TopBar } from "../../_ui/top-bar.tsx";
import { preloadViewer } from "../../_viewer/index.tsx";
import { holdClaim } from "../claims.ts";
import { pageOf } from "../read-together.tsx";
import { ReservationKeeper, useReserve } from "../reservations.tsx";
import { useAhead, usePageAhead } from "../use-ahead.ts";
import { CaseGrid, type CaseGridHandle } from "./case-grid.tsx";
import { caseLabels } from "./case-labels.ts";
import { CasePreview } from "./case-preview.tsx";
import { addressOf, filterInWords, sortBy, viewOf, withWidth } from "./case-views.ts";
import { columnsFor } from "./columns.tsx";
import { type Density, keepDensity } from "./density.ts";
import { KeyHelp } from "./key-help.tsx";
import { ListBar } from "./list-bar.tsx";
import { Counts } from "./list-counts.tsx";
import { asKept, ListEditor } from "./list-editor.tsx";
import { ListEmpty } from "./list-empty.tsx";
import { ListRail } from "./list-rail.tsx";
import { firstClaimable, inputFor, type ListId, listOf, lists, rowsOf, viewOnlyLists } from "./lists.ts";
import { SkipDialog } from "./skip-dialog.tsx";
import { useCasePages } from "./use-case-pages.ts";
import { useKeptLists } from "./use-kept-lists.ts";

const noColumns: CaseView["columns"] = [];
const noSort: CaseView["sort"] = [];

export function WorklistScreen({
  me,
  initialList,
  initial,
  initialAt,
  hospital,
  initialDensity,
  initialView,
  initialLists,
}: {
  me: Me;
  /** A built-in list, or the id of a kept one. */
  initialList: string;
  /** The list as changed in the address; null: as it is. */
  initialView: CaseView | null;
  initialLists: Outputs["list"]["all"];
  initial: WorklistAnswer;
  initialAt: number;
  hospital: boolean;
  initialDensity: Density;
}) {
  const trpc = useTrpc();
  const router = useRouter();
  const toast = useToast();
  const queryClient = useQueryClient();
  const zone = useZone();
  // A built-in list, or the id of one that somebody keeps; and how it is looked at now, where that is not as it was kept.
  const [listed, setListed] = useState<{ list: string; changed: CaseView | null }>({
    list: initialList,
    changed: initialView,
  });
  const [editing, setEditing] = useState(false);
  const kept = useKeptLists({
    initial: initialLists,
    onKept(listId) {
      setEditing(false);
      showList(listId);
    },
    onGone() {
      setEditing(false);
      showList(reads ? "next" : "all");
    },
  });
  const saved = kept.all.lists.find(({ listId }) => listId === listed.list) ?? null;
  const view = listed.changed ?? saved?.view ?? null;
  const list: ListId = view ? view.base : listOf(listed.list);
  const [text, setText] = useState("");
  const [skipping, setSkipping] = useState<WorklistItem | null>(null);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [density, setDensity] = useState(initialDensity);
  const [help, setHelp] = useState(false);
  const filterRef = useRef<HTMLInputElement>(null);
  const gridRef = useRef<CaseGridHandle>(null);

  // A list that fits on one page is filtered here, without the server.
  const [longList, setLongList] = useState(initial.nextCursor !== null);
  // "Final" shows one day, but a search finds signed cases of any age.
  const input = useMemo(
    () => inputFor(list, longList || list === "final" ? text : "", view),
    [list, longList, text, view],
  );
  const [initialInput] = useState(() => JSON.stringify(input));
  const {
    head: query,
    items,
    onSee,
    more,
    pages,
  } = useCasePages({
    input,
    initial: JSON.stringify(input) === initialInput ? initial : null,
    initialAt,
  });
  const head = query.data;
  useEffect(() => {
    if (!text && head) setLongList(head.nextCursor !== null || items.length > head.items.length);
  }, [text, head, items]);

  const skips = useMemo(() => {
    const byCase = new Map<string, CaseSkip[]>();
    for (const skip of head?.skips ?? []) byCase.set(skip.caseId, [...(byCase.get(skip.caseId) ?? []), skip]);
    return byCase;
  }, [head]);
  const skipped = useMemo(
    () => new Set(head?.skips.filter(({ userId }) => userId === me.user.id).map(({ caseId }) => caseId)),
    [head, me.user.id],
  );
  const sorted = (view?.sort.length ?? 0) > 0;
  const rows = useMemo(() => rowsOf(items, { list, text, skipped, sorted }), [items, list, text, skipped, sorted]);
  const indexes = useMemo(() => new Map(rows.map(({ caseId }, index) => [caseId, index])), [rows]);
  const selected = rows[indexes.get(selectedId ?? "") ?? 0] ?? null;

  useEffect(() => {
    if (!hospital) preloadViewer();
  }, [hospital]);

  const show = useCallback((next: string, changed: CaseView | null, sameRows = false) => {
    setListed({ list: next, changed });
    if (!sameRows) setSelectedId(null);
    // The list is in the URL; the search text is not, since it may be a name.
    window.history.replaceState(null, "", addressOf(next, changed));
  }, []);
  const showList = useCallback((next: string) => show(next, null), [show]);
  const ownView = useMemo(() => view ?? viewOf(listOf(listed.list)), [view, listed.list]);
  const sortColumn = useCallback(
    (by: SortColumn, more: boolean) => show(listed.list, { ...ownView, sort: sortBy(ownView.sort, by, more) }),
    [show, listed.list, ownView],
  );
  const widen = useCallback(
    (id: string, width: number | null) =>
      show(listed.list, { ...ownView, columns: withWidth(ownView.columns, columnsFor(hospital), id, width) }, true),
    [show, listed.list, ownView, hospital],
  );
  const reads = me.can.sign;
  const shownLists = useMemo(() => (reads ? lists : lists.filter((each) => viewOnlyLists.includes(each.id))), [reads]);
  // The functions, not what they belong to, which is another object in each render: what is made of them would be made again at each key.
  const { mutateAsync: claim, isPending: claiming } = useMutation(trpc.worklist.claim.mutationOptions());
  const open = useCallback(
    async (chosen: WorklistItem) => {
      // What is read together is read on the page of the leading case.
      const item = { ...chosen, caseId: pageOf(chosen) };
      if (!item.can.read) {
        toast(
          `${item.studyDescription || "This study"} is not open to your account: its state is all there is to see.`,
        );
        return;
      }
      if (item.can.claim || (item.claimedBy?.id === me.user.id && item.can.sign)) {
        try {
          // Prefetches the reading page's data while the claim is requested.
          const answer = await claim({ caseId: item.caseId });
          holdClaim(item.caseId, answer);
        } catch (error) {
          if (appCodeOf(error) === "case.already-claimed") {
            const { claimedByName, claimedSecondsAgo } = detailsOf(error);
            const next = firstClaimable(rows, item.caseId);
            const lead = typeof claimedSecondsAgo === "number" && claimedSecondsAgo > 0 ? claimedSecondsAgo : null;
            const when = lead === null ? "a moment" : formatSpan(lead * 1000);
            toast(
              `${claimedByName ?? "A colleague"} claimed this case ${when} before you.${
                next
                  ? ` Next: ${next.studyDescription || examinationModalities(next.modalities).join(" ")}, due ${formatWhen(next.dueAt, serverNow(), zone)}.`
                  : " Nothing else is waiting."
              }`,
            );
            if (next) setSelectedId(next.caseId);
          } else {
            toast(messageFor(error), { tone: "problem" });
          }
          void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
          return;
        }
      }
      void queryClient.prefetchQuery(trpc.study.open.queryOptions({ caseId: item.caseId }));
      router.push(`/studies/${item.caseId}`);
    },
    [claim, me.user.id, queryClient, router, rows, toast, trpc, zone],
  );

  // Only what he may claim himself: the first of his line.
  const firstOfLine = useMemo(() => (reads ? (firstClaimable(rows)?.caseId ?? null) : null), [rows, reads]);
  useAhead(firstOfLine);
  usePageAhead(reads ? (selected?.caseId ?? null) : null);

  const latestOpen = useRef(open);
  useEffect(() => {
    latestOpen.current = open;
  });
  // Rows keep the same function, so that a key does not render them all.
  const openRow = useCallback((item: WorklistItem) => void latestOpen.current(item), []);

  const move = useCallback(
    (by: number) => {
      if (rows.length === 0) return;
      const at = selected ? (indexes.get(selected.caseId) ?? -1) : -1;
      const index = Math.max(0, Math.min(rows.length - 1, at + by));
      const next = rows[index];
      if (!next) return;
      setSelectedId(next.caseId);
      gridRef.current?.reveal(index);
    },
    [rows, indexes, selected],
  );
  const hand = useQuery(trpc.assignment.mine.queryOptions(undefined, { enabled: reads }));
  const { mutateAsync: draw } = useMutation(trpc.assignment.draw.mutationOptions());
  const draws = hand.data?.draws ?? false;
  const openNext = useCallback(async () => {
    // Where the rules let nobody choose, the next case is the one that is drawn; what is given to him he has anyway.
    if (draws) {
      const drawn = await draw().catch((error: unknown) => {
        toast(messageFor(error), { tone: "problem" });
        return null;
      });
      if (drawn) {
        const { caseId, ...claim } = drawn;
        holdClaim(caseId, claim);
        router.push(`/studies/${caseId}`);
        return;
      }
    }
    const next = firstClaimable(rows);
    if (next) void open(next);
    else toast("Nothing on this list can be claimed at the moment.");
  }, [rows, open, toast, draws, draw, router]);
  const skip = useCallback(() => {
    if (!selected || !reads) return;
    if (selected.can.claim) setSkipping(selected);
    else toast("Only a case that waits to be read can be left for later.");
  }, [selected, reads, toast]);
  const { reserve, pending: reserving } = useReserve();
  const leave = (caseId: string) => {
    const at = indexes.get(caseId) ?? -1;
    setSelectedId((rows[at + 1] ?? rows[at - 1] ?? null)?.caseId ?? null);
  };

  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    home: () => move(-rows.length),
    end: () => move(rows.length),
    enter: () => selected && void open(selected),
    n: () => void openNext(),
    s: skip,
    r: () => reads && !reserving && reserve(),
    "/": () => filterRef.current?.focus(),
    "?": () => setHelp(true),
    ...Object.fromEntries(shownLists.map((each) => [each.digit, () => showList(each.id)])),
  });

  const keptLists = kept.all.lists;
  const commands = useMemo<PaletteCommand[]>(() => {
    const cases = items.slice(0, 300);
    const words = caseLabels(cases);
    return [
      ...shownLists.map((each) => ({
        id: `list-${each.id}`,
        group: "Lists",
        label: each.label,
        keys: each.digit,
        run: () => showList(each.id),
      })),
      ...keptLists.map((each) => ({
        id: each.listId,
        group: "Lists",
        label: each.name,
        run: () => showList(each.listId),
      })),
      { id: "edit-list", group: "Do", label: "Filter, order and columns of this list", run: () => setEditing(true) },
      { id: "theme", group: "Do", label: "Switch between dark and light", run: switchTheme },
      { id: "keys", group: "Do", label: "Show the keys", keys: "?", run: () => setHelp(true) },
      ...(!reads
        ? []
        : [
            { id: "next", group: "Do", label: "Read the next case", keys: "N", run: () => void openNext() },
            { id: "reserve", group: "Do", label: `Reserve the next ${mostReserved} cases`, keys: "R", run: reserve },
          ]),
      ...cases.map((item, index) => ({
        id: item.caseId,
        group: "Cases",
        label: words[index]?.label ?? "",
        keywords: [item.patientId, item.accessionNumber, item.facility, item.priority],
        hint: words[index]?.hint,
        run: () => {
          setText("");
          if (!indexes.has(item.caseId)) showList("all");
          setSelectedId(item.caseId);
        },
      })),
    ];
  }, [shownLists, keptLists, reads, items, indexes, showList, openNext, reserve]);

  const counts = head?.counts;
  // Of a long list only the rows near those in sight are here.
  const wholeCount = view
    ? listed.changed === null
      ? kept.counts.find(({ listId }) => listId === listed.list)?.count
      : undefined
    : counts?.[list];
  const shownCount = more && !text ? Math.max(rows.length, wholeCount ?? 0) : rows.length;
  return (
    <>
      <TopBar me={me} palette>
        <Counts counts={counts} nextDueAt={head?.nextDueAt ?? null} hospital={hospital} />
      </TopBar>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        <ListRail
          builtIn={shownLists}
          kept={kept.all.lists}
          chosen={listed.list}
          counts={{
            ...counts,
            // What others hold is on no row of it.
            ...(listed.list === "next" && !view && !text && !more ? { next: rows.length } : {}),
          }}
          keptCounts={kept.counts}
          density={density}
          onShow={showList}
          onDensity={() => setDensity(keepDensity(density === "dense" ? "relaxed" : "dense"))}
          onHelp={() => setHelp(true)}
        />
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <ListBar
            ref={filterRef}
            title={saved?.name ?? (hospital ? "Studies" : lists.find((each) => each.id === listed.list)?.label)}
            text={text}
            onText={setText}
            onLeaveText={() => gridRef.current?.focus()}
            says={view ? filterInWords(view.filter, kept.all.facilities) : null}
            status={query.isPending ? "Loading" : query.data ? plural(shownCount, "case") : null}
            watched={saved?.watched ?? null}
            changed={listed.changed !== null}
            onEdit={() => setEditing(true)}
            onWatch={saved && !kept.watching ? () => kept.watch(saved) : null}
            onSave={saved?.can.edit && listed.changed ? () => kept.save({ ...asKept(saved), view: ownView }) : null}
            onUndoChange={() => showList(listed.list)}
            onReserve={reads ? { run: reserve, pending: reserving } : null}
          />
          {query.isPending ? (
            <SkeletonRows count={12} label="Loading the worklist" />
          ) : query.isError && !query.data ? (
            <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            <ListEmpty
              list={view ? null : list}
              text={text}
              arriving={counts?.arriving ?? 0}
              onClear={() => setText("")}
            />
          ) : (
            <CaseGrid
              ref={gridRef}
              key={listed.list}
              columns={view?.columns ?? noColumns}
              sort={view?.sort ?? noSort}
              onSort={sortColumn}
              onWidth={widen}
              rows={rows}
              selectedId={selected?.caseId ?? null}
              skips={skips}
              userId={me.user.id}
              hospital={hospital}
              density={density}
              total={text || view ? null : (counts?.[list] ?? null)}
              onSelect={setSelectedId}
              onOpen={openRow}
              onSee={onSee}
              foot={more ? <p className="p-3 text-center text-quiet">Loading</p> : null}
            />
          )}
        </main>
        {selected ? (
          <CasePreview
            key={`${selected.caseId} ${selectedId !== null}`}
            item={selected}
            skips={skips.get(selected.caseId) ?? []}
            userId={me.user.id}
            mayRead={reads}
            chosen={selectedId !== null}
            opening={claiming}
            onOpen={() => void open(selected)}
            onSkip={skip}
          />
        ) : null}
      </div>
      {pages}
      <Palette commands={commands} label="Find and do" />
      <SkipDialog item={skipping} onClose={() => setSkipping(null)} onSkipped={leave} />
      <ListEditor
        open={editing}
        view={ownView}
        saved={saved}
        lists={kept.all}
        hospital={hospital}
        saving={kept.saving}
        onClose={() => setEditing(false)}
        onShow={(next) => {
          setEditing(false);
          show(listed.list, next);
        }}
        onSave={kept.save}
        onRemove={kept.remove}
      />
      {reads ? <ReservationKeeper /> : null}
      <KeyHelp open={help} onClose={() => setHelp(false)} mayRead={reads} />
    </>
  );
}
