"use client";

import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { ClipboardList, Plus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Facility, Me, Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../_ui/empty-state.tsx";
import { Field } from "../../_ui/field.tsx";
import { ReasonDialog } from "../../_ui/reason-dialog.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { OfficePage } from "../office-page.tsx";
import { OrderCard } from "./order-card.tsx";
import { OrderForm } from "./order-form.tsx";

type Answer = Outputs["order"]["list"];
type Order = Answer["items"][number];
type ListName = "waiting" | "matched" | "cancelled" | "all";
/** What is asked before it is done. */
type Asked = { act: "cancel"; order: Order } | { act: "join" | "part"; order: Order; studyId: string };

const lists: { name: ListName; label: string; empty: string }[] = [
  { name: "waiting", label: "Without a study", empty: "Every order has its study." },
  { name: "matched", label: "With a study", empty: "No order has found a study yet." },
  { name: "cancelled", label: "Cancelled", empty: "No order was cancelled." },
  { name: "all", label: "All", empty: "No order was entered yet." },
];
const questions = {
  cancel: {
    title: "Cancel the order",
    confirm: "Cancel the order",
    text: "Its studies stay where they are and are no longer read with its urgency and its clinical information.",
    done: "The order is cancelled.",
  },
  join: {
    title: "Join order and study",
    confirm: "They belong together",
    text: "The study is read with the order's urgency, and its clinical information stands beside the images.",
    done: "Order and study are joined.",
  },
  part: {
    title: "Part order and study",
    confirm: "They do not belong together",
    text: "The radiologist no longer sees this order with the study. The two are not joined again by themselves.",
    done: "Order and study are parted.",
  },
} as const;

/** What the hospital ordered, and which study answers it; what waits on either side stands out. */
export function OrdersScreen({
  me,
  initial,
  at,
  facilities,
}: {
  me: Me;
  initial: Answer;
  at: number;
  facilities: Facility[];
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const [list, setList] = useState<ListName>("waiting");
  const [typed, setTyped] = useState("");
  const text = useDeferredValue(typed.trim());
  const isInitial = list === "waiting" && text === "";
  const query = useInfiniteQuery(
    trpc.order.list.infiniteQueryOptions(
      { list, text },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        ...(isInitial ? { initialData: { pages: [initial], pageParams: [null] }, initialDataUpdatedAt: at } : {}),
      },
    ),
  );
  const [form, setForm] = useState<{ order: Order | null } | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const done = () => {
    if (asked) toast(questions[asked.act].done);
    setAsked(null);
    void query.refetch();
  };
  const cancel = useMutation(trpc.order.cancel.mutationOptions({ onSuccess: done }));
  const join = useMutation(trpc.order.join.mutationOptions({ onSuccess: done }));
  const part = useMutation(trpc.order.part.mutationOptions({ onSuccess: done }));
  const decide = (reason: string) => {
    if (!asked) return;
    const { orderId } = asked.order;
    if (asked.act === "cancel") cancel.mutate({ orderId, reason });
    else (asked.act === "join" ? join : part).mutate({ orderId, studyId: asked.studyId, reason });
  };
  const close = () => {
    setAsked(null);
    for (const each of [cancel, join, part]) each.reset();
  };
  const saved = (matched: number | null) => {
    setForm(null);
    if (matched === null) toast("The order is changed.");
    else
      toast(matched > 0 ? "The order is entered and has its study." : "The order is entered and waits for its study.");
    void query.refetch();
  };
  const pages = query.data?.pages ?? [];
  const orders = pages.flatMap(({ items }) => items);
  const counts = pages[0]?.counts;
  const empty = lists.find(({ name }) => name === list)?.empty;

  return (
    <OfficePage
      me={me}
      title="Orders"
      intro="What was ordered and which study answers it. An order finds its study by accession number and patient; what almost fits is for you to decide."
      act={
        <Button look="primary" onClick={() => setForm({ order: null })}>
          <Plus className="size-4" aria-hidden="true" />
          New order
        </Button>
      }
    >
      <div className="flex flex-wrap items-end justify-between gap-3">
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Which orders</legend>
          {lists.map(({ name, label }) => (
            <Button
              key={name}
              look={name === list ? "primary" : "quiet"}
              aria-pressed={name === list}
              onClick={() => setList(name)}
            >
              {label}
              {counts && (name === "waiting" || name === "matched") ? (
                <span className="tabular">{counts[name]}</span>
              ) : null}
            </Button>
          ))}
        </fieldset>
        <Field
          label="Find"
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          placeholder="Name, patient ID, accession or order number"
          className="w-full sm:w-80"
        />
      </div>
      {query.isError && orders.length === 0 ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : orders.length === 0 ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState icon={ClipboardList} title={text ? "Nothing found" : (empty ?? "")}>
            {text ? "No order of this list begins so." : "New orders are entered here."}
          </EmptyState>
        </div>
      ) : (
        <ul className="flex flex-col gap-3" aria-label="Orders">
          {orders.map((order) => (
            <OrderCard
              key={order.orderId}
              order={order}
              showFacility={facilities.length > 1}
              onChange={() => setForm({ order })}
              onCancel={() => setAsked({ act: "cancel", order })}
              onJoin={(studyId) => setAsked({ act: "join", order, studyId })}
              onPart={(studyId) => setAsked({ act: "part", order, studyId })}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage ? (
        <Button className="self-center" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
      {form ? (
        <OrderForm order={form.order} facilities={facilities} onClose={() => setForm(null)} onSaved={saved} />
      ) : null}
      <ReasonDialog
        open={asked !== null}
        title={asked ? questions[asked.act].title : ""}
        label="Reason"
        confirm={asked ? questions[asked.act].confirm : ""}
        pending={cancel.isPending || join.isPending || part.isPending}
        error={cancel.error ?? join.error ?? part.error}
        onClose={close}
        onDecide={decide}
      >
        {asked ? questions[asked.act].text : ""}
      </ReasonDialog>
    </OfficePage>
  );
}
