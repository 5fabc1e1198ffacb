"use client";

import type { ReactNode } from "react";
import { Exact } from "../../_ui/now.tsx";
import { Table } from "../../_ui/table.tsx";
import { levelWords, type ReaderView } from "./words.ts";

type Privilege = ReaderView["privileges"][number];

/** What somebody may do at each facility now, and until when. */
export function PrivilegeTable({
  privileges,
  enforced,
  acts,
}: {
  privileges: Privilege[];
  enforced: boolean;
  acts?: (privilege: Privilege) => ReactNode;
}) {
  if (privileges.length === 0) return <p className="text-quiet">No hospital has a contract with the group.</p>;
  return (
    <>
      {enforced ? null : (
        <p className="text-quiet">Not enforced by the group: every radiologist may report for every facility.</p>
      )}
      <Table label="Privileges" head={["Facility", "May now", "Until", "Granted", ...(acts ? [""] : [])]}>
        {privileges.map((each) => (
          <tr key={each.facilityId}>
            <td>
              <span className="font-medium">{each.name}</span>
              <span className="block text-quiet">{each.hospitalName}</span>
            </td>
            <td>
              {each.levelNow ? levelWords[each.levelNow] : <span className="text-quiet">Nothing granted</span>}
              {each.level !== each.levelNow && each.level ? (
                <span className="block text-stat">{levelWords[each.level]} has run out</span>
              ) : null}
            </td>
            <td>
              {each.expiresAt ? (
                <Exact at={each.expiresAt} timeZone={each.timeZone} />
              ) : each.level ? (
                "without end"
              ) : (
                ""
              )}
            </td>
            <td>
              {each.grantedAt ? (
                <>
                  {each.grantedBy ? `${each.grantedBy}, ` : ""}
                  <Exact at={each.grantedAt} />
                </>
              ) : null}
            </td>
            {acts ? <td className="text-right">{acts(each)}</td> : null}
          </tr>
        ))}
      </Table>
    </>
  );
}
