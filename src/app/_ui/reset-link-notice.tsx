"use client";

import Link from "next/link";
import { useEffect, useState } from "react";
import type { Me } from "../_trpc/types.ts";
import { Button } from "./button.tsx";
import { Ago } from "./now.tsx";

/**
 * Tells on every page that somebody made a password reset link for this account. Dismissing it hides it in this browser
 * tab; the next sign-in shows it again, and the account page always lists it.
 */
export function ResetLinkNotice({ me }: { me: Me }) {
  const link = me.resetLinks.find(({ news }) => news);
  const key = link ? `reset-link:${link.linkId}:${link.state}` : "";
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(key !== "" && window.sessionStorage.getItem(key) === null), [key]);
  if (!link || !shown) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-urgent/50 bg-urgent-soft px-3 py-2"
    >
      <p className="min-w-0 flex-1 basis-72">
        {link.madeBy ?? "An operator at the server"} made a link for a new password of your account{" "}
        <Ago at={link.madeAt} />
        {link.state === "used" ? (
          <>
            ; it was used <Ago at={link.usedAt} />
            {link.usedFrom && link.usedFrom !== "unknown" ? ` from ${link.usedFrom}` : ""}
          </>
        ) : null}
        . If you did not ask for it, change your password and tell whoever is in charge.
      </p>
      <Link href="/account" className="underline">
        Account
      </Link>
      <Button
        onClick={() => {
          window.sessionStorage.setItem(key, "seen");
          setShown(false);
        }}
      >
        It was for me
      </Button>
    </div>
  );
}
