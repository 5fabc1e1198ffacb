"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Me, Outputs, ReferralItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Disclaimer } from "../../_ui/disclaimer.tsx";
import { EmptyState, FailedState } from "../../_ui/empty-state.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { formatDicomDate } from "../../_ui/format.ts";
import { doubtsInWords, referralWords } from "../../_ui/in-words.ts";
import { Ago } from "../../_ui/now.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { Badge, PatientMark } from "../../_ui/status.tsx";
import { TopBar } from "../../_ui/top-bar.tsx";
import { referralMarks } from "./referral-marks.ts";

type Answer = Outputs["referral"]["list"];
/** The search runs after this pause in typing. */
const pauseMs = 250;

/** The referring physician's inbox: unread reports first, with the impression in the list. */
export function ReportsScreen({ me, initial, initialAt }: { me: Me; initial: Answer; initialAt: number }) {
  const trpc = useTrpc();
  const [typed, setTyped] = useState("");
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setText(typed.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  useShortcuts({ "/": () => field.current?.focus() });

  const query = useInfiniteQuery(
    trpc.referral.list.infiniteQueryOptions(text ? { text } : {}, {
      getNextPageParam: (page) => page.nextCursor ?? undefined,
      placeholderData: keepPreviousData,
      ...(text ? {} : { initialData: { pages: [initial], pageParams: [null] }, initialDataUpdatedAt: initialAt }),
    }),
  );
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const unread = query.data?.pages[0]?.counts.unread ?? 0;

  return (
    <>
      <TopBar me={me} />
      <main className="mx-auto flex w-full max-w-3xl flex-1 flex-col gap-4 px-4 py-5">
        <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
          <div>
            <h1 className="text-xl font-semibold">Reports</h1>
            <p className="text-quiet" role="status">
              {unread === 0 ? "Nothing new" : unread === 1 ? "1 new report" : `${unread} new reports`}
            </p>
          </div>
          <label className="w-full sm:w-72">
            <span className="sr-only">Search by patient, ID or examination</span>
            <input
              ref={field}
              type="search"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              placeholder="Search by patient, ID, examination"
              className="h-10 w-full rounded-md border border-line-strong bg-panel px-3"
            />
          </label>
        </div>
        {query.isError && !query.data ? (
          <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
        ) : items.length === 0 ? (
          text ? (
            <EmptyState title="No report fits what you searched for">
              Try part of the name, the patient ID or the examination.
            </EmptyState>
          ) : (
            <EmptyState title="No studies yet">
              Studies of patients you refer appear here as soon as they reach the archive, and their reports when they
              are signed.
            </EmptyState>
          )
        ) : (
          <ul className="flex flex-col overflow-hidden rounded-lg border border-line bg-panel">
            {items.map((item) => (
              <Row key={item.studyId} item={item} />
            ))}
          </ul>
        )}
        {query.hasNextPage ? (
          <Button
            className="self-center"
            onClick={() => void query.fetchNextPage()}
            disabled={query.isFetchingNextPage}
          >
            {query.isFetchingNextPage ? "Loading" : "Show older"}
          </Button>
        ) : null}
      </main>
      <footer className="mx-auto w-full max-w-3xl px-4 py-4">
        <Disclaimer />
      </footer>
    </>
  );
}

/** Shown only when there is something to say; a signed report needs no note. */
function State({ item }: { item: ReferralItem }) {
  const { tone, icon } = referralMarks[item.status];
  return tone === "plain" ? null : (
    <Badge tone={tone} icon={icon}>
      {referralWords[item.status].word}
    </Badge>
  );
}

function Row({ item }: { item: ReferralItem }) {
  const impression = item.addendum ? `Amended: ${item.addendum} · Signed before: ${item.impression}` : item.impression;
  return (
    <li className="border-b border-line last:border-b-0">
      <Link
        href={`/reports/${item.studyId}`}
        className="grid grid-cols-[0.5rem_1fr] gap-x-3 px-3 py-3 hover:bg-hover focus-visible:outline-offset-[-2px]"
      >
        <span
          aria-hidden="true"
          className={`mt-1.5 size-2 rounded-full ${item.unread ? "bg-accent" : "bg-transparent"}`}
        />
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex items-baseline justify-between gap-3">
            <span className={`name-line min-w-0 text-[0.9375rem] ${item.unread ? "font-semibold" : ""}`}>
              {item.unread ? <span className="sr-only">New: </span> : null}
              {item.doubts.length > 0 ? <PatientMark words={doubtsInWords(item.doubts) ?? ""} /> : null}
              <bdi>{item.patientName || "Name not given"}</bdi>
            </span>
            <span className="shrink-0 text-xs text-quiet">
              {item.signedAt ? <Ago at={item.signedAt} timeZone={item.facilityTimeZone} /> : <State item={item} />}
            </span>
          </span>
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-quiet">
            <span>
              <Exam modalities={item.modalities} description={item.studyDescription} />
            </span>
            <span className="tabular">{formatDicomDate(item.studyDate)}</span>
            {item.signedAt ? <State item={item} /> : null}
          </span>
          {item.byDefault ? (
            <span className="text-[0.8125rem] text-quiet">
              Names no referring physician; yours by choice of {item.facility}
            </span>
          ) : null}
          {impression ? <span className="line-clamp-2 text-[0.875rem]">{impression}</span> : null}
        </span>
      </Link>
    </li>
  );
}
