"use client";

import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { createElement, memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../../_trpc/client.tsx";
import type { Inputs, WorklistAnswer, WorklistItem } from "../../_trpc/types.ts";
import { type CasePage, flatten, pagesSeen, splitAt } from "./case-pages.ts";

type Input = NonNullable<Inputs["worklist"]["list"]>;
type Page = { items: WorklistItem[]; nextCursor: string | null };

/** Rows fetched beyond what is seen: a fast wheel needs a second for as many. */
const ahead = 800;
/** A page grows when cases come between its bounds; beyond this it becomes two. */
const mostOfPage = 400;

const stampOf = ({ at, items, loaded }: CasePage<WorklistItem>) => `${at}:${items.length}:${loaded}`;

/**
 * The rows of a list that is longer than what a browser should hold, page by page as they come into sight. Each page
 * lies between two positions of the list's order. When something changes, the first page (with the counts) and the
 * pages in sight are fetched again; the others when they are seen.
 */
export function useCasePages({
  input,
  initial,
  initialAt,
}: {
  input: Input;
  /** The first page that came with the screen; null when it was of another list. */
  initial: WorklistAnswer | null;
  initialAt: number;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const key = JSON.stringify(input);
  /** Where each page after the first begins. */
  const [book, setBook] = useState<{ key: string; starts: string[] }>({ key, starts: [] });
  const starts = useMemo(() => (book.key === key ? book.starts : []), [book, key]);
  const latest = useRef(starts);
  latest.current = starts;
  const [seen, setSeen] = useState({ key, first: 0, last: 0 });
  const window = seen.key === key ? seen : { first: 0, last: 0 };

  const headOptions = trpc.worklist.list.queryOptions(input, {
    placeholderData: keepPreviousData,
    // Due times pass without any event, so the list also refreshes by time.
    refetchInterval: 60_000,
    ...(initial ? { initialData: initial, initialDataUpdatedAt: initialAt } : {}),
  });
  const head = useQuery({
    ...headOptions,
    // The bound is not part of the key: it is the same page, whatever comes after it.
    queryFn: ({ signal }) =>
      client.worklist.list.query(
        { ...input, until: latest.current[0], ...(latest.current[0] ? { limit: mostOfPage } : {}) },
        { signal },
      ),
  });
  const [more, setMore] = useState<{ key: string; pages: readonly CasePage<WorklistItem>[] }>({ key, pages: [] });
  const rest = useMemo(() => (more.key === key ? more.pages : []), [more, key]);
  const pages = [pageOf(head), ...rest];
  const stamp = pages.map(stampOf).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `stamp` says whether any page has changed
  const { items, ends } = useMemo(() => flatten(pages), [stamp, key]);

  // A page that is full before its bound becomes two.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `stamp` says whether any page has changed
  useEffect(() => {
    if (head.isPlaceholderData) return;
    const split = splitAt(starts, pages);
    if (split !== starts) setBook({ key, starts: split });
  }, [stamp, starts, key, head.isPlaceholderData]);

  const lastPage = pages.at(-1);
  const open = !head.isPlaceholderData && lastPage?.loaded ? lastPage.nextCursor : null;
  const onSee = useCallback(
    (first: number, last: number) => {
      const pagesInSight = pagesSeen(ends, first - 200, last + ahead);
      setSeen((was) =>
        was.key === key && was.first === pagesInSight.first && was.last === pagesInSight.last
          ? was
          : { key, ...pagesInSight },
      );
      if (open && last + ahead >= (ends.at(-1) ?? 0))
        setBook((was) => {
          const known = was.key === key ? was.starts : [];
          return known.includes(open) ? was : { key, starts: [...known, open] };
        });
    },
    [ends, key, open],
  );

  const onPages = useCallback((of: readonly CasePage<WorklistItem>[]) => setMore({ key, pages: of }), [key]);
  return {
    head,
    items: items as WorklistItem[],
    onSee,
    more: open !== null || rest.length < starts.length || rest.some(({ loaded }) => !loaded),
    /** To be rendered by the screen. */
    pages: createElement(FurtherPages, { input, starts, first: window.first, last: window.last, latest, onPages }),
  };
}

const pageOf = ({
  data,
  dataUpdatedAt,
}: {
  data: Page | undefined;
  dataUpdatedAt: number;
}): CasePage<WorklistItem> => ({
  items: data?.items ?? [],
  nextCursor: data?.nextCursor ?? null,
  at: dataUpdatedAt,
  loaded: data !== undefined,
});

/**
 * Fetches the pages after the first. A component of its own: of a list of 50,000 there are a thousand of them, and a key that moves the selection must not
 * ask for the state of each.
 */
const FurtherPages = memo(function FurtherPages({
  input,
  starts,
  first,
  last,
  latest,
  onPages,
}: {
  input: Input;
  starts: readonly string[];
  /** The pages in sight. */
  first: number;
  last: number;
  latest: { readonly current: readonly string[] };
  onPages: (pages: readonly CasePage<WorklistItem>[]) => void;
}) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const more = useQueries({
    queries: starts.map((cursor, index) => ({
      ...trpc.worklist.more.queryOptions({ ...input, cursor }),
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const until = latest.current[latest.current.indexOf(cursor) + 1];
        return client.worklist.more.query(
          { ...input, cursor, until, ...(until ? { limit: mostOfPage } : {}) },
          { signal },
        );
      },
      enabled: index + 1 >= first && index + 1 <= last,
      refetchInterval: 60_000,
    })),
  });
  const pages = more.map(pageOf);
  const stamp = pages.map(stampOf).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `stamp` says whether any page has changed
  useLayoutEffect(() => onPages(pages), [stamp, onPages]);
  return null;
});
