"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTrpc } from "../_trpc/client.tsx";
import type { Outputs } from "../_trpc/types.ts";
import { audienceWords, reachWords } from "../_ui/in-words.ts";
import { Ago } from "../_ui/now.tsx";

type Alarm = Outputs["escalation"]["ofCase"][number];

/** The alarms that were given while the time of a case ran, and who has seen them; nothing where there were none. */
export function CaseAlarms({
  caseId,
  enabled = true,
  around,
}: {
  caseId: string;
  enabled?: boolean;
  around: (alarms: ReactNode) => ReactNode;
}) {
  const trpc = useTrpc();
  const alarms = useQuery(trpc.escalation.ofCase.queryOptions({ caseId }, { enabled }));
  if (!alarms.data || alarms.data.length === 0) return null;
  return around(
    <ul className="flex flex-col gap-1">
      {alarms.data.map((alarm) => (
        <li key={`${alarm.percent}:${alarm.to}`}>
          <span className="tabular">{alarm.percent} %</span>:{" "}
          {alarm.people > 0 ? `${toldOf(alarm)} told` : `nobody to tell (${toldOf(alarm)})`} <Ago at={alarm.at} />
          {alarm.acknowledged ? (
            <span className="block text-quiet">
              seen by {alarm.acknowledged.by || "a colleague"} <Ago at={alarm.acknowledged.at} />
            </span>
          ) : null}
        </li>
      ))}
    </ul>,
  );
}

const toldOf = ({ to, reach }: Pick<Alarm, "to" | "reach">): string => (reach ? reachWords[reach] : audienceWords[to]);
