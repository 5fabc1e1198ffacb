"use client";

import { useCallback, useRef } from "react";
import { useTrpcClient } from "../_trpc/client.tsx";
import { UnsavedTextStore } from "./store.ts";

/** The signed-in person's store of unsaved text. The key is fetched once, and again after a failure. */
export function useUnsavedTextStore<T>(userId: string): () => Promise<UnsavedTextStore<T>> {
  const client = useTrpcClient();
  const store = useRef<Promise<UnsavedTextStore<T>> | null>(null);
  return useCallback(() => {
    store.current ??= client.session.unsavedWordsKey
      .query()
      .then(({ key }) => UnsavedTextStore.open<T>(userId, key))
      .catch((error) => {
        store.current = null;
        throw error;
      });
    return store.current;
  }, [client, userId]);
}
