"use client";

import { examinationModalities } from "@overread/shared/dicom/modalities";
import { mostReserved } from "@overread/shared/reservation";
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Keyboard } from "lucide-react";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, detailsOf, messageFor } from "../../_trpc/errors.ts";
import { serverNow } from "../../_trpc/server-time.ts";
import type { Me, WorklistAnswer, WorklistItem } from "../../_trpc/types.ts";
import { Button, IconButton } from "../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../_ui/empty-state.tsx";
import { formatSpan, formatWhen, plural, zoneName } from "../../_ui/format.ts";
import { Kbd } from "../../_ui/kbd.tsx";
import { useNow, useZone } from "../../_ui/now.tsx";
import { Palette, type PaletteCommand } from "../../_ui/palette.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { SkeletonRows } from "../../_ui/skeleton.tsx";
import { switchTheme } from "../../_ui/theme-switch.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { TopBar } from "../../_ui/top-bar.tsx";
import { preloadViewer } from "../../_viewer/index.tsx";
import { holdClaim } from "../claims.ts";
import { ReservationKeeper, useReserve } from "../reservations.tsx";
import { CaseGrid } from "./case-grid.tsx";
import { caseLabels } from "./case-labels.ts";
import { CasePreview } from "./case-preview.tsx";
import { KeyHelp } from "./key-help.tsx";
import { firstClaimable, inputFor, type ListId, lists, rowsOf, viewOnlyLists } from "./lists.ts";
import { SkipDialog } from "./skip-dialog.tsx";

export function WorklistScreen({
  me,
  initialList,
  initial,
  initialAt,
  hospital,
}: {
  me: Me;
  initialList: ListId;
  initial: WorklistAnswer;
  initialAt: number;
  hospital: boolean;
}) {
  const trpc = useTrpc();
  const router = useRouter();
  const toast = useToast();
  const queryClient = useQueryClient();
  const zone = useZone();
  const [list, setList] = useState<ListId>(initialList);
  const [text, setText] = useState("");
  const [skipping, setSkipping] = useState<WorklistItem | null>(null);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  const filterRef = useRef<HTMLInputElement>(null);
  const gridRef = useRef<HTMLDivElement>(null);

  // A list that fits on one page is filtered here, without the server.
  const [longList, setLongList] = useState(initial.nextCursor !== null);
  // "Final" shows one day, but a search finds signed cases of any age.
  const input = inputFor(list, longList || list === "final" ? text : "");
  const query = useInfiniteQuery(
    trpc.worklist.list.infiniteQueryOptions(input, {
      getNextPageParam: (page) => page.nextCursor ?? undefined,
      placeholderData: keepPreviousData,
      // Due times pass without any event, so the list also refreshes by time.
      refetchInterval: 60_000,
      ...(list === initialList && !input.filter?.text
        ? { initialData: { pages: [initial], pageParams: [null] }, initialDataUpdatedAt: initialAt }
        : {}),
    }),
  );
  const pages = query.data?.pages;
  const head = pages?.[0];
  const items = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  useEffect(() => {
    if (!text && head) setLongList(head.nextCursor !== null);
  }, [text, head]);

  const skips = useMemo(() => head?.skips ?? [], [head]);
  const skipped = useMemo(
    () => new Set(skips.filter(({ userId }) => userId === me.user.id).map(({ caseId }) => caseId)),
    [skips, me.user.id],
  );
  const rows = useMemo(() => rowsOf(items, { list, text, skipped }), [items, list, text, skipped]);
  const selected = rows.find((row) => row.caseId === selectedId) ?? rows[0] ?? null;

  useEffect(() => {
    if (!hospital) preloadViewer();
  }, [hospital]);

  const showList = useCallback((next: ListId) => {
    setList(next);
    setSelectedId(null);
    // The list is in the URL; the search text is not, since it may be a name.
    window.history.replaceState(null, "", `/worklist?list=${next}`);
  }, []);

  const reads = me.can.sign;
  const shownLists = useMemo(() => (reads ? lists : lists.filter((each) => viewOnlyLists.includes(each.id))), [reads]);
  const claim = useMutation(trpc.worklist.claim.mutationOptions());
  const open = useCallback(
    async (item: WorklistItem) => {
      if (!item.can.read) {
        toast(
          `${item.studyDescription || "This study"} is not open to your account: its state is all there is to see.`,
        );
        return;
      }
      if (item.can.claim || (item.claimedBy?.id === me.user.id && item.can.sign)) {
        try {
          // Prefetches the reading page's data while the claim is requested.
          const answer = await claim.mutateAsync({ caseId: item.caseId });
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

  const move = useCallback(
    (by: number) => {
      if (rows.length === 0) return;
      const at = selected ? rows.findIndex((row) => row.caseId === selected.caseId) : -1;
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
      if (!next) return;
      setSelectedId(next.caseId);
      gridRef.current?.querySelector(`[data-case-id="${next.caseId}"]`)?.scrollIntoView({ block: "nearest" });
    },
    [rows, selected],
  );
  const hand = useQuery(trpc.assignment.mine.queryOptions(undefined, { enabled: reads }));
  const draw = useMutation(trpc.assignment.draw.mutationOptions());
  const openNext = useCallback(async () => {
    // Where the rules let nobody choose, the next case is the one that is drawn; what is given to him he has anyway.
    if (hand.data?.draws) {
      const drawn = await draw.mutateAsync().catch((error: unknown) => {
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
  }, [rows, open, toast, hand.data, draw, router]);
  const skip = useCallback(() => {
    if (!selected || !reads) return;
    if (selected.can.claim) setSkipping(selected);
    else toast("Only a case that waits to be read can be left for later.");
  }, [selected, reads, toast]);
  const { reserve, pending: reserving } = useReserve();
  const leave = (caseId: string) => {
    const at = rows.findIndex((row) => row.caseId === caseId);
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
          if (!rows.some((row) => row.caseId === item.caseId)) showList("all");
          setSelectedId(item.caseId);
        },
      })),
    ];
  }, [shownLists, reads, items, rows, showList, openNext, reserve]);

  const counts = head?.counts;
  return (
    <>
      <TopBar me={me} palette>
        <Counts counts={counts} nextDueAt={head?.nextDueAt ?? null} hospital={hospital} />
      </TopBar>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        <nav
          aria-label="Lists"
          className="flex shrink-0 gap-px border-line bg-panel p-1.5 max-md:overflow-x-auto max-md:border-b md:w-40 md:flex-col md:border-r"
        >
          {shownLists.map((each) => (
            <button
              key={each.id}
              type="button"
              aria-current={list === each.id ? "true" : undefined}
              onClick={() => showList(each.id)}
              className={`flex h-8 items-center justify-between gap-3 rounded-md px-2.5 max-md:gap-1.5 max-md:px-2 text-left whitespace-nowrap hover:bg-hover ${
                list === each.id ? "bg-selected font-medium" : "text-quiet"
              }`}
            >
              {each.label}
              <span className="tabular text-xs">
                {each.id === "next" && list === "next" && !text && !query.hasNextPage
                  ? rows.length
                  : countOf(each.id, counts)}
              </span>
            </button>
          ))}
          <div className="mt-auto pt-2 max-md:hidden">
            <IconButton label="Show the keys (?)" onClick={() => setHelp(true)}>
              <Keyboard className="size-4" />
            </IconButton>
          </div>
        </nav>
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <div className="flex h-10 shrink-0 items-center gap-3 border-b border-line px-3">
            <h1 className="font-semibold whitespace-nowrap max-md:sr-only">
              {hospital ? "Studies" : lists.find((each) => each.id === list)?.label}
            </h1>
            <label className="flex min-w-0 flex-1 items-center gap-2 md:max-w-96">
              <span className="sr-only">Filter by patient, id, examination or facility</span>
              <input
                ref={filterRef}
                value={text}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === "Escape") {
                    if (text) setText("");
                    else event.currentTarget.blur();
                  }
                  if (event.key === "Enter" || event.key === "ArrowDown") {
                    event.currentTarget.blur();
                    gridRef.current?.focus();
                  }
                }}
                type="search"
                autoComplete="off"
                spellCheck={false}
                placeholder="Filter by patient, ID, exam, facility"
                className="h-7 w-full min-w-0 rounded-md border border-line bg-ground px-2"
              />
              <Kbd className="max-md:hidden">/</Kbd>
            </label>
            <span role="status" className="tabular ml-auto text-xs whitespace-nowrap text-quiet">
              {query.isPending ? "Loading" : query.data ? plural(rows.length, "case") : null}
            </span>
            {reads ? (
              <Button
                className="h-7 max-md:hidden"
                disabled={reserving}
                onClick={reserve}
                title="Nobody else claims them while you read; STAT cases stay free"
              >
                Reserve next {mostReserved} <Kbd>R</Kbd>
              </Button>
            ) : null}
          </div>
          {query.isPending ? (
            <SkeletonRows count={12} label="Loading the worklist" />
          ) : query.isError && !query.data ? (
            <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            <Empty list={list} text={text} arriving={counts?.arriving ?? 0} onClear={() => setText("")} />
          ) : (
            <CaseGrid
              ref={gridRef}
              key={list}
              rows={rows}
              selectedId={selected?.caseId ?? null}
              skips={skips}
              userId={me.user.id}
              hospital={hospital}
              onSelect={setSelectedId}
              onOpen={(item) => void open(item)}
              foot={
                query.hasNextPage ? (
                  <div className="p-3 text-center">
                    <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
                      {query.isFetchingNextPage ? "Loading" : "Show more"}
                    </Button>
                  </div>
                ) : null
              }
            />
          )}
        </main>
        {selected ? (
          <CasePreview
            key={`${selected.caseId} ${selectedId !== null}`}
            item={selected}
            skips={skips.filter(({ caseId }) => caseId === selected.caseId)}
            userId={me.user.id}
            mayRead={reads}
            chosen={selectedId !== null}
            opening={claim.isPending}
            onOpen={() => void open(selected)}
            onSkip={skip}
          />
        ) : null}
      </div>
      <Palette commands={commands} label="Find and do" />
      <SkipDialog item={skipping} onClose={() => setSkipping(null)} onSkipped={leave} />
      {reads ? <ReservationKeeper /> : null}
      <KeyHelp open={help} onClose={() => setHelp(false)} mayRead={reads} />
    </>
  );
}

function countOf(list: ListId, counts: WorklistAnswer["counts"] | undefined): number | string {
  return counts?.[list] ?? "";
}

function Counts({
  counts,
  nextDueAt,
  hospital,
}: {
  counts: WorklistAnswer["counts"] | undefined;
  nextDueAt: string | null;
  hospital: boolean;
}) {
  const now = useNow();
  const zone = useZone();
  if (!counts) return null;
  const left = nextDueAt ? new Date(nextDueAt).getTime() - now : 0;
  return (
    <p className="tabular flex flex-wrap items-center gap-x-3 text-[0.8125rem] whitespace-nowrap max-sm:hidden">
      <span>
        <b className="font-semibold">{counts.unread}</b> unread
      </span>
      {counts.stat > 0 ? (
        <span className="font-semibold text-stat">{counts.stat} STAT</span>
      ) : (
        <span className="text-quiet">0 STAT</span>
      )}
      <span className="text-quiet max-lg:hidden">{counts.arriving} arriving</span>
      {nextDueAt && !hospital ? (
        <span className={left < 0 ? "font-semibold text-stat" : ""}>
          next due {formatWhen(nextDueAt, now, zone)}
          <span className="max-lg:hidden">
            {" "}
            {zoneName(nextDueAt, zone)} ({left < 0 ? `${formatSpan(-left)} over` : formatSpan(left)})
          </span>
        </span>
      ) : null}
    </p>
  );
}

function Empty({
  list,
  text,
  arriving,
  onClear,
}: {
  list: ListId;
  text: string;
  arriving: number;
  onClear: () => void;
}) {
  if (text)
    return (
      <EmptyState title="No case here fits what you typed">
        <Button onClick={onClear}>Clear the filter</Button>
      </EmptyState>
    );
  if (list === "mine") return <EmptyState title="You hold no case">Press N to claim the next one.</EmptyState>;
  if (list === "final")
    return (
      <EmptyState title="Nothing was signed within a day">Type to search everything that was ever signed.</EmptyState>
    );
  if (list === "stat") return <EmptyState title="No STAT case is open" />;
  return (
    <EmptyState title="Nothing waits to be read">
      {arriving > 0
        ? `${arriving === 1 ? "One study is" : `${arriving} studies are`} arriving now and will appear here as soon as ${arriving === 1 ? "it is" : "they are"} complete.`
        : "No study is on its way at the moment. The next one appears here by itself."}
    </EmptyState>
  );
}
