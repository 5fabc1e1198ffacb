"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import type { Me } from "../../_trpc/types.ts";
import { FailedState } from "../../_ui/empty-state.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { Badge } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { OfficePage } from "../office-page.tsx";

type Readiness = { ok: boolean; dependencies: Record<string, { ok: boolean }> };

const parts: Record<string, { name: string; without: string }> = {
  audit: { name: "Audit trail", without: "Reads are kept, and wait for their places on it." },
  database: { name: "Database", without: "Nothing can be read or written." },
  redis: { name: "Redis", without: "Jobs wait; no work is lost." },
  storage: { name: "Archive storage", without: "Edge routers keep studies until there is room again." },
  web: { name: "Pages", without: "Nobody can sign in or open a page." },
  worker: { name: "Worker", without: "Documents, priorities and returns wait." },
};

/** Whether the platform is well. No organisation's patients are anywhere near this page. */
export function OperatorScreen({ me }: { me: Me }) {
  const health = useQuery({
    queryKey: ["health"],
    refetchInterval: 5_000,
    queryFn: async (): Promise<Readiness> => {
      const answer = await fetch("/api/health/ready", { cache: "no-store" });
      return (await answer.json()) as Readiness;
    },
  });
  return (
    <OfficePage me={me} title="Platform" intro="What everything else depends on, asked every five seconds.">
      {health.data ? (
        <Table label="Dependencies" head={["Part", "State", "Without it"]}>
          {Object.entries(health.data.dependencies).map(([key, { ok }]) => (
            <tr key={key}>
              <td className="font-medium">{parts[key]?.name ?? key}</td>
              <td>
                {ok ? (
                  <Badge tone="done" icon={CircleCheck}>
                    Works
                  </Badge>
                ) : (
                  <Badge tone="stat" icon={CircleX}>
                    Does not answer
                  </Badge>
                )}
              </td>
              <td className="text-quiet">{parts[key]?.without ?? ""}</td>
            </tr>
          ))}
        </Table>
      ) : health.isError ? (
        <FailedState message="The front door did not answer." onRetry={() => void health.refetch()} />
      ) : (
        <Skeleton className="h-40" />
      )}
      <p className="text-quiet">
        Organisations, accounts, tokens and backups are looked after at the server:{" "}
        <code className="font-mono">npm run cli -- --help</code>
      </p>
    </OfficePage>
  );
}
