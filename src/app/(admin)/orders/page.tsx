import type { Metadata } from "next";
import { asSerialized, requireAllowedPerson } from "../../_trpc/actor.ts";
import type { Facility, Outputs } from "../../_trpc/types.ts";
import { OrdersScreen } from "./orders-screen.tsx";

export const metadata: Metadata = { title: "Orders" };

export default async function OrdersPage() {
  const { caller, me } = await requireAllowedPerson("/orders", "orders");
  const initial = asSerialized<Outputs["order"]["list"]>(await caller.order.list({ list: "waiting" }));
  const facilities = asSerialized<Facility[]>(await caller.facility.list());
  return <OrdersScreen me={me} initial={initial} at={Date.now()} facilities={facilities} />;
}
