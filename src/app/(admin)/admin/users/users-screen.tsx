"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus, UserX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { detailsOf, messageFor } from "../../../_trpc/errors.ts";
import type { Facility, Inputs, Me, Outputs, StaffMember } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { Dialog } from "../../../_ui/dialog.tsx";
import { Field } from "../../../_ui/field.tsx";
import { Ago } from "../../../_ui/now.tsx";
import { Badge } from "../../../_ui/status.tsx";
import { Table } from "../../../_ui/table.tsx";
import { useToast } from "../../../_ui/toast.tsx";
import { OfficePage } from "../../office-page.tsx";
import { InvitationLink } from "./invitation-link.tsx";
import { ResetLink } from "./reset-link.tsx";
import { roleName } from "./role-name.ts";

type Answer = Outputs["user"]["list"];
type NewAccount = Inputs["user"]["create"];

export function UsersScreen({
  me,
  initial,
  at,
  facilities,
}: {
  me: Me;
  initial: Answer;
  at: number;
  facilities: Facility[];
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const query = useQuery(trpc.user.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }));
  const [adding, setAdding] = useState(false);
  const [resetting, setResetting] = useState<StaffMember | null>(null);
  const [ending, setEnding] = useState<StaffMember | null>(null);
  const deactivate = useMutation(
    trpc.user.deactivate.mutationOptions({
      onSuccess: () => {
        toast("The account is closed and signed out everywhere.");
        void query.refetch();
        setEnding(null);
      },
    }),
  );
  const invite = useMutation(trpc.user.invite.mutationOptions({ onError: (error) => toast(messageFor(error)) }));
  const names = new Map(facilities.map((facility) => [facility.slug, facility.name]));

  return (
    <OfficePage
      me={me}
      title="People"
      intro={`Accounts of ${me.org.name}.`}
      act={
        <Button look="primary" onClick={() => setAdding(true)}>
          <Plus className="size-4" aria-hidden="true" />
          Add somebody
        </Button>
      }
    >
      <Table label="Accounts" head={["Name", "E-mail", "Role", "Facilities", "Last seen", ""]}>
        {query.data.items.map((person) => (
          <tr key={person.userId} className={person.deactivatedAt ? "text-quiet" : ""}>
            <td className="font-medium">
              {person.displayName}
              {person.qualification ? <span className="font-normal text-quiet">, {person.qualification}</span> : null}
            </td>
            <td className="break-all">{person.email}</td>
            <td>{person.roles.map(roleName).join(", ")}</td>
            <td>
              {person.facilitySlugs.length === 0
                ? "all"
                : person.facilitySlugs.map((slug) => names.get(slug) ?? slug).join(", ")}
            </td>
            <td className="whitespace-nowrap">
              <Ago at={person.lastSeenAt} />
            </td>
            <td className="text-right max-md:pt-1">
              {person.can.invite ? (
                <Button
                  look="quiet"
                  className="-my-1.5 max-md:-ml-3"
                  disabled={invite.isPending}
                  onClick={() => invite.mutate({ userId: person.userId })}
                >
                  New link
                </Button>
              ) : person.can.resetLink ? (
                <Button look="quiet" className="-my-1.5 max-md:-ml-3" onClick={() => setResetting(person)}>
                  New password
                </Button>
              ) : null}
              {person.deactivatedAt ? (
                <Badge icon={UserX}>Closed</Badge>
              ) : person.userId === me.user.id ? (
                <span className="text-quiet">you</span>
              ) : person.can.close ? (
                <Button look="quiet-danger" className="-my-1.5 max-md:-ml-3" onClick={() => setEnding(person)}>
                  Close account
                </Button>
              ) : null}
            </td>
          </tr>
        ))}
      </Table>
      <Dialog
        open={ending !== null}
        onClose={() => setEnding(null)}
        title={`Close the account of ${ending?.displayName ?? ""}`}
      >
        <p>
          All sessions end at once and the account cannot sign in any more. What this person did and signed stays on
          record.
        </p>
        {deactivate.error ? (
          <p role="alert" className="text-stat">
            {messageFor(deactivate.error)}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setEnding(null)}>Cancel</Button>
          <Button
            look="danger"
            disabled={deactivate.isPending}
            onClick={() => ending && deactivate.mutate({ userId: ending.userId })}
          >
            Close the account
          </Button>
        </div>
      </Dialog>
      <Dialog open={invite.data !== undefined} onClose={() => invite.reset()} title="A new invitation link">
        {invite.data ? <InvitationLink invitation={invite.data} onDone={() => invite.reset()} /> : null}
      </Dialog>
      <ResetLink person={resetting} onClose={() => setResetting(null)} />
      <AddPerson
        open={adding}
        onClose={() => setAdding(false)}
        roles={query.data.assignableRoles}
        facilities={facilities}
        onAdded={() => void query.refetch()}
      />
    </OfficePage>
  );
}

function AddPerson({
  open,
  onClose,
  roles,
  facilities,
  onAdded,
}: {
  open: boolean;
  onClose: () => void;
  roles: Answer["assignableRoles"];
  facilities: Facility[];
  onAdded: () => void;
}) {
  const trpc = useTrpc();
  const create = useMutation(trpc.user.create.mutationOptions({ onSuccess: onAdded }));
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const close = () => {
    create.reset();
    setPicked(new Set());
    onClose();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    create.mutate({
      email: text("email"),
      displayName: text("displayName"),
      ...(text("qualification") ? { qualification: text("qualification") } : {}),
      roles: form.getAll("roles").map(String) as NewAccount["roles"],
      facilitySlugs: form.getAll("facilities").map(String),
      referrerNames: text("referrerNames")
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    });
  };
  const fields = create.error ? detailsOf(create.error).fields : null;

  return (
    <Dialog open={open} onClose={close} title={create.data ? "The account is ready" : "Add somebody"}>
      {create.data ? (
        <InvitationLink invitation={create.data.invitation} onDone={close} />
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field label="Name as on letters" name="displayName" required maxLength={120} placeholder="Dr Rosa Almeida" />
          <Field label="E-mail" name="email" type="email" required maxLength={200} autoComplete="off" />
          <Field label="Qualification" name="qualification" maxLength={60} hint="Stands after the name on reports" />
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1 text-[0.8125rem] font-medium">Roles</legend>
            {roles.map((role) => (
              <label key={role} className="inline-flex items-center gap-2">
                <input
                  type="checkbox"
                  name="roles"
                  value={role}
                  checked={picked.has(role)}
                  onChange={(event) => {
                    const next = new Set(picked);
                    if (event.target.checked) next.add(role);
                    else next.delete(role);
                    setPicked(next);
                  }}
                  className="accent-(--accent)"
                />
                {roleName(role)}
              </label>
            ))}
          </fieldset>
          {picked.has("referring_physician") ? (
            <Field
              label="Names under which this physician refers"
              name="referrerNames"
              placeholder="Almeida^Rosa"
              hint="As the hospital's system writes them into the order, separated by commas"
            />
          ) : null}
          {facilities.length > 1 ? (
            <fieldset className="flex flex-col gap-1.5">
              <legend className="mb-1 text-[0.8125rem] font-medium">Facilities (none ticked: all)</legend>
              {facilities.map((facility) => (
                <label key={facility.slug} className="inline-flex items-center gap-2">
                  <input type="checkbox" name="facilities" value={facility.slug} className="accent-(--accent)" />
                  {facility.name}
                </label>
              ))}
            </fieldset>
          ) : null}
          {create.error ? (
            <p role="alert" className="text-stat">
              {messageFor(create.error)}
              {fields ? ` Look at: ${fields}.` : ""}
            </p>
          ) : null}
          <div className="flex justify-end gap-2">
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" look="primary" disabled={create.isPending || picked.size === 0}>
              Add
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
