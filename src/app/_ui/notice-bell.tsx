"use client";

import { noticeInWords } from "@overread/shared/notice-words/en";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Bell } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import type { Notice } from "../_trpc/types.ts";
import { Button, buttonClass } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { plural } from "./format.ts";
import { Ago } from "./now.tsx";
import { useToast } from "./toast.tsx";

/**
 * What the signed-in person is told, on every page: how much of it nobody has acknowledged, and the list. What comes while the page is open is
 * said once in passing as well.
 */
export function NoticeBell({ mayRead, className }: { mayRead: boolean; className?: string }) {
  const trpc = useTrpc();
  const toast = useToast();
  const notices = useQuery(trpc.notice.list.queryOptions());
  const menu = useRef<HTMLDetailsElement>(null);
  const items = notices.data?.items;
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (!items) return;
    const before = known.current;
    known.current = new Set(items.map(({ noticeId }) => noticeId));
    const fresh = before ? items.filter((item) => waits(item) && !before.has(item.noticeId)) : [];
    for (const item of fresh.slice(0, 3)) toast(noticeInWords(item).title, { tone: "problem" });
  }, [items, toast]);
  const waiting = notices.data?.waiting ?? 0;
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  return (
    <details
      ref={menu}
      name="person"
      className={classNames("relative", className)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        event.stopPropagation();
        close();
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary
        aria-label={waiting > 0 ? `Notices, ${waiting} waiting` : "Notices"}
        title="Notices"
        className="relative grid size-8 list-none place-items-center rounded-md text-quiet hover:bg-hover hover:text-text [&::-webkit-details-marker]:hidden"
      >
        <Bell className="size-4" aria-hidden="true" />
        {waiting > 0 ? (
          <span
            aria-hidden="true"
            data-waiting={waiting}
            className="tabular absolute -top-0.5 -right-0.5 min-w-4 rounded-full bg-stat px-1 text-center text-[0.6875rem] leading-4 font-semibold text-ground"
          >
            {waiting > 99 ? "99+" : waiting}
          </span>
        ) : null}
      </summary>
      <section
        aria-label="Notices"
        className="absolute right-0 z-40 mt-1 max-h-[70dvh] w-96 max-w-[calc(100vw-1.5rem)] overflow-y-auto rounded-md border border-line bg-panel shadow-float max-sm:fixed max-sm:inset-x-3 max-sm:w-auto"
      >
        <h2 className="border-b border-line px-3 py-2 font-semibold">
          Notices
          <span className="ml-2 font-normal text-quiet">{waiting > 0 ? `${waiting} waiting` : "nothing waits"}</span>
        </h2>
        {notices.isError ? <p className="px-3 py-3 text-quiet">{messageFor(notices.error)}</p> : null}
        {items?.length === 0 ? (
          <p className="px-3 py-3 text-quiet">
            Nothing in the last 30 days. Here you are told when a case of yours runs out of time.
          </p>
        ) : null}
        <ul>
          {items?.map((item) => (
            <NoticeLine key={item.noticeId} item={item} mayRead={mayRead} onLeave={close} />
          ))}
        </ul>
        <p className="border-t border-line px-3 py-2 text-xs text-quiet">
          <Link href="/account" onClick={close} className="underline">
            Where else you are told
          </Link>
          {items && items.length > 1 ? ` · ${plural(items.length, "notice")} of 30 days` : ""}
        </p>
      </section>
    </details>
  );
}

/** Nobody has seen it, and something can still be done. */
const waits = ({ acknowledged, over }: Notice): boolean => !acknowledged && !over;

function NoticeLine({ item, mayRead, onLeave }: { item: Notice; mayRead: boolean; onLeave: () => void }) {
  const trpc = useTrpc();
  const acknowledge = useMutation(trpc.notice.acknowledge.mutationOptions());
  const { title, text } = noticeInWords(item);
  const open = waits(item);
  return (
    <li className="flex flex-col gap-1 border-b border-line px-3 py-2 last:border-b-0">
      <p className={open ? "font-medium" : "text-quiet"}>{title}</p>
      {open ? <p className="text-quiet">{text}</p> : null}
      <p className="text-xs text-quiet">
        <Ago at={item.at} />
        {item.acknowledged ? (
          <>
            {" · "}
            {item.acknowledged.byMe ? "you have seen it" : `${item.acknowledged.by || "a colleague"} has seen it`}{" "}
            <Ago at={item.acknowledged.at} />
          </>
        ) : item.over ? (
          " · the case is done"
        ) : null}
      </p>
      {acknowledge.isError ? <p className="text-xs text-stat">{messageFor(acknowledge.error)}</p> : null}
      {open || (item.caseId && mayRead) || item.kind === "list-alert" ? (
        <p className="flex flex-wrap gap-2 pt-1">
          {open ? (
            <Button
              disabled={acknowledge.isPending}
              onClick={() => acknowledge.mutate({ noticeId: item.noticeId })}
              aria-label={`I have seen: ${title}`}
            >
              I have seen it
            </Button>
          ) : null}
          {item.caseId && mayRead ? (
            <Link
              href={`/studies/${item.caseId}`}
              onClick={onLeave}
              className={buttonClass("quiet")}
              aria-label={`Open the case: ${title}`}
            >
              Open the case
            </Link>
          ) : null}
          {item.kind === "over-read-differs" && mayRead ? (
            <Link href="/discrepancies?as=first" onClick={onLeave} className={buttonClass("quiet")}>
              All that differ from yours
            </Link>
          ) : null}
          {item.kind === "list-alert" ? (
            <Link href={`/worklist?list=${item.params.listId}`} onClick={onLeave} className={buttonClass("quiet")}>
              Open the list
            </Link>
          ) : null}
        </p>
      ) : null}
    </li>
  );
}
