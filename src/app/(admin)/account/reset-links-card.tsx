import type { Me } from "../../_trpc/types.ts";
import { Ago } from "../../_ui/now.tsx";
import { Table } from "../../_ui/table.tsx";
import { Card } from "./card.tsx";

const states = { open: "not used yet", used: "used", ended: "ended unused", expired: "ran out unused" } as const;

/** Who could have let somebody into the account: the links of ninety days. */
export function ResetLinksCard({ links }: { links: Me["resetLinks"] }) {
  if (links.length === 0) return null;
  return (
    <Card title="Links for a new password">
      <p>
        Each let whoever held it set a new password. If one was not for you, change your password, which ends an open
        one, and tell whoever is in charge.
      </p>
      <Table label="Links for a new password" head={["Made", "By", "What became of it", "Used from"]}>
        {links.map((link) => (
          <tr key={link.linkId}>
            <td>
              <Ago at={link.madeAt} />
            </td>
            <td>{link.madeBy ?? "an operator at the server"}</td>
            <td>
              {states[link.state]} {link.usedAt ? <Ago at={link.usedAt} /> : null}
            </td>
            <td className="break-all">{link.state === "used" ? link.usedFrom || "unknown" : "—"}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
