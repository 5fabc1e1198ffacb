"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import type { Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Ago } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { Card } from "./card.tsx";
import { browserOf, subscribeHere, subscriptionHere, unsubscribeHere } from "./push-here.ts";

type OwnPush = Outputs["notice"]["push"]["get"];
const browsers: Record<string, string> = { chrome: "Chrome", edge: "Edge", firefox: "Firefox", safari: "Safari" };
const systems: Record<string, string> = {
  windows: "Windows",
  mac: "macOS",
  linux: "Linux",
  android: "Android",
  ios: "iOS",
};
const nameOf = ({ browser, system }: Pick<OwnPush["browsers"][number], "browser" | "system">): string =>
  `${browsers[browser] ?? "A browser"} on ${systems[system] ?? "another system"}`;

/** The browsers in which the person is told also while no page of the portal is open. */
export function PushCard() {
  const trpc = useTrpc();
  const toast = useToast();
  const own = useQuery(trpc.notice.push.get.queryOptions());
  const refresh = () => void own.refetch();
  /** Of this browser; null: it is told nothing. Undefined until it has said so; false: it cannot. */
  const [here, setHere] = useState<string | null | undefined | false>(undefined);
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => {
    void subscriptionHere().then(setHere);
  }, []);
  const save = useMutation(trpc.notice.push.save.mutationOptions({ onSuccess: refresh }));
  const forget = useMutation(trpc.notice.push.forget.mutationOptions({ onSuccess: refresh }));
  const subscribe = async () => {
    if (!own.data) return;
    setRefused(null);
    const made = await subscribeHere(own.data.publicKey);
    if ("refused" in made) return setRefused(made.refused);
    await save.mutateAsync({ ...made, ...browserOf(navigator.userAgent) }).then(
      () => {
        setHere(made.endpoint);
        toast("This browser is told from now on.");
      },
      () => unsubscribeHere(),
    );
  };
  const stop = async ({ pushId, endpoint }: OwnPush["browsers"][number]) => {
    await forget.mutateAsync({ pushId });
    if (endpoint !== here) return;
    await unsubscribeHere();
    setHere(null);
  };
  const told = own.data?.browsers ?? [];
  const isHere = told.some(({ endpoint }) => endpoint === here);
  return (
    <Card title="Notices in browsers">
      <p>
        A browser that is told shows notices also while no page of the portal is open, on this machine&rsquo;s screen
        for whoever sits there. Nothing of a patient&rsquo;s is in them.
      </p>
      {told.length > 0 ? (
        <ul className="flex flex-col gap-1">
          {told.map((each) => (
            <li key={each.pushId} className="flex flex-wrap items-center justify-between gap-2">
              <span>
                {nameOf(each)}
                {each.endpoint === here ? ", this one" : ""}
                <span className="text-quiet">
                  {" "}
                  since <Ago at={each.at} />
                </span>
                {each.failures > 0 ? (
                  <span className="text-stat">
                    {" "}
                    Its push service did not take the last notice{each.failures > 1 ? "s" : ""}. Stop it, then add this
                    browser again.
                  </span>
                ) : null}
              </span>
              <Button
                look="quiet-danger"
                disabled={forget.isPending}
                onClick={() => void stop(each).catch(() => {})}
                aria-label={`Tell ${nameOf(each)} nothing more`}
              >
                Stop
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <Problem error={own.error ?? save.error ?? forget.error} />
      {refused ? (
        <p role="alert" className="text-stat">
          {refused}
        </p>
      ) : null}
      {here === false ? (
        <p className="text-quiet">This browser cannot be told: it needs https and support for web push.</p>
      ) : isHere ? null : (
        <Button
          className="self-end"
          disabled={!own.data || here === undefined || save.isPending}
          onClick={() => void subscribe()}
        >
          Tell this browser
        </Button>
      )}
    </Card>
  );
}
