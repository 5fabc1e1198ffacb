"use client";

import { Button } from "../../../_ui/button.tsx";
import { Exact } from "../../../_ui/now.tsx";

/**
 * A link to be passed on. Its secret stands behind the `#`, which browsers send to nobody and no log holds.
 * It is made by a press, so it is drawn in a browser only and is whole in the first picture: whoever copies at once
 * copies a link that opens.
 */
export function InvitationLink({
  invitation,
  onDone,
}: {
  invitation: { token: string; expiresAt: string | Date; mailedTo: string | null };
  onDone: () => void;
}) {
  const link = new URL(`/invitation#${invitation.token}`, window.location.origin).href;
  return (
    <div className="flex flex-col gap-3">
      <p>
        Pass this link on to that person alone. It works once, until <Exact at={invitation.expiresAt} />, and lets them
        set a password that only they know. It is not shown again.
      </p>
      {invitation.mailedTo ? <p>It is also on its way by mail to {invitation.mailedTo}.</p> : null}
      <p className="rounded-md border border-line bg-ground px-3 py-2 font-mono text-[0.8125rem] break-all select-all">
        {link}
      </p>
      <div className="flex justify-end gap-2">
        <Button onClick={() => void navigator.clipboard.writeText(link)}>Copy</Button>
        <Button look="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}
