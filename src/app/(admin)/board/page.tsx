import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Outputs } from "../../_trpc/types.ts";
import { BoardScreen } from "./board-screen.tsx";

export const metadata: Metadata = { title: "Board" };

export default async function BoardPage() {
  const { caller, me } = await requireAllowedPerson("/board", "board");
  const initial = asSerialized<Outputs["board"]["get"]>(await caller.board.get());
  return <BoardScreen me={me} initial={initial} at={Date.now()} />;
}
