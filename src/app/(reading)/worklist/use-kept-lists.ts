"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { useToast } from "../../_ui/toast.tsx";
import type { ListToSave, SavedList } from "./list-editor.tsx";

/** The lists that people keep, as the caller sees them, and what can be done to one. */
export function useKeptLists({
  initial,
  onKept,
  onGone,
}: {
  initial: Outputs["list"]["all"];
  /** It is kept, and among the lists. */
  onKept: (listId: string) => void;
  /** It is deleted. */
  onGone: (listId: string) => void;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const { data: all } = useQuery(trpc.list.all.queryOptions(undefined, { initialData: initial, staleTime: 60_000 }));
  const counts = useQuery(
    trpc.list.counts.queryOptions(undefined, {
      enabled: all.lists.some(({ pinned }) => pinned),
      placeholderData: keepPreviousData,
      refetchInterval: 60_000,
    }),
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: trpc.list.pathKey() });
  const onError = (error: unknown) => toast(messageFor(error), { tone: "problem" });
  const save = useMutation(
    trpc.list.save.mutationOptions({
      onSuccess({ listId }, { name }) {
        void refresh().then(() => onKept(listId));
        toast(`${name} is kept.`);
      },
      onError,
    }),
  );
  const restore = useMutation(
    trpc.list.restore.mutationOptions({
      onSuccess: (_, { listId }) => void refresh().then(() => onKept(listId)),
      onError,
    }),
  );
  const remove = useMutation(trpc.list.remove.mutationOptions({ onError }));
  const watch = useMutation(
    trpc.list.watch.mutationOptions({
      onSuccess(_, { on }) {
        void refresh();
        toast(on ? "You are told of each case that comes onto this list." : "You are told of it no more.");
      },
      onError,
    }),
  );
  return {
    all,
    counts: counts.data ?? [],
    saving: save.isPending,
    save: (list: ListToSave) => save.mutate(list),
    watching: watch.isPending,
    watch: ({ listId, watched }: SavedList) => watch.mutate({ listId, on: !watched }),
    remove: ({ listId, name }: SavedList) =>
      remove.mutate(
        { listId },
        {
          onSuccess() {
            onGone(listId);
            void refresh();
            toast(`${name} is deleted.`, { action: { label: "Undo", run: () => restore.mutate({ listId }) } });
          },
        },
      ),
  };
}
