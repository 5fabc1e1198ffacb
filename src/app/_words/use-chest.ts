"use client";

import { useCallback, useRef } from "react";
import { useTrpcClient } from "../_trpc/client.tsx";
import { Chest } from "./kept-words.ts";

/** The signed-in person's kept words: the key is asked for once, and again when the portal did not answer. */
export function useChest<T>(userId: string): () => Promise<Chest<T>> {
  const client = useTrpcClient();
  const chest = useRef<Promise<Chest<T>> | null>(null);
  return useCallback(() => {
    chest.current ??= client.session.unsavedWordsKey
      .query()
      .then(({ key }) => Chest.unlock<T>(userId, key))
      .catch((error) => {
        chest.current = null;
        throw error;
      });
    return chest.current;
  }, [client, userId]);
}
