"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTrpc } from "../../_trpc/client.tsx";
import { Button } from "../../_ui/button.tsx";
import { Ago } from "../../_ui/now.tsx";
import { Problem } from "../../_ui/problem.tsx";
import { Table } from "../../_ui/table.tsx";
import { Card } from "./card.tsx";

/** Where the account is signed in; a session that is not one's own can be ended. */
export function SessionsCard() {
  const trpc = useTrpc();
  const sessions = useQuery(trpc.session.list.queryOptions());
  const refresh = { onSuccess: () => void sessions.refetch() };
  const end = useMutation(trpc.session.end.mutationOptions(refresh));
  const endOthers = useMutation(trpc.session.endOthers.mutationOptions(refresh));
  return (
    <Card title="Where you are signed in">
      <Table label="Sessions" head={["Signed in", "Last used", "From", ""]}>
        {(sessions.data ?? []).map((session) => (
          <tr key={session.sessionId}>
            <td>
              <Ago at={session.createdAt} />
            </td>
            <td>
              <Ago at={session.lastSeenAt} />
            </td>
            <td className="break-all">{session.address || "unknown"}</td>
            <td className="text-right">
              {session.present ? (
                <span className="text-quiet">this one</span>
              ) : (
                <Button
                  look="quiet-danger"
                  className="-my-1.5"
                  disabled={end.isPending}
                  onClick={() => end.mutate({ sessionId: session.sessionId })}
                >
                  End
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      <Problem error={sessions.error ?? end.error ?? endOthers.error} />
      <Button
        className="self-end"
        disabled={endOthers.isPending || (sessions.data?.length ?? 0) < 2}
        onClick={() => endOthers.mutate()}
      >
        End all others
      </Button>
    </Card>
  );
}
