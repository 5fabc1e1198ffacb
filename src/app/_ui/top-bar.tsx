"use client";

import { ChevronDown, Search } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import type { Me } from "../_trpc/types.ts";
import { classNames } from "./class-names.ts";
import { Kbd } from "./kbd.tsx";
import { LiveDot } from "./live-dot.tsx";
import { Logo } from "./logo.tsx";
import { useModKey } from "./mod-key.ts";
import { NoticeBell } from "./notice-bell.tsx";
import { openPalette } from "./palette.tsx";
import { placesOf } from "./places.ts";
import { ResetLinkNotice } from "./reset-link-notice.tsx";
import { signOut } from "./sign-out.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

/** The bar over every page but the reading page, which has the patient banner instead. */
export function TopBar({ me, children, palette }: { me: Me; children?: ReactNode; palette?: boolean }) {
  const pathname = usePathname();
  const modKey = useModKey();
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another place in the row
  useEffect(() => {
    const row = nav.current;
    if (!row) return;
    // Where the row is longer than the screen is wide, where one is must not lie beside it; nor after the page was
    // made larger or the tablet turned.
    const watch = new ResizeObserver(() => {
      const here = row.querySelector<HTMLElement>("[aria-current]");
      if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.clientWidth) / 2;
    });
    watch.observe(row);
    return () => watch.disconnect();
  }, [pathname]);
  const places = placesOf(me);
  return (
    <>
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-panel px-3 py-1 max-sm:gap-x-2">
        <Link href="/" aria-label="Overread, start page" className="flex items-center gap-2 rounded font-semibold">
          <Logo className="size-6" />
          <span className="max-md:hidden">Overread</span>
        </Link>
        <nav
          ref={nav}
          aria-label="Places"
          className={classNames(
            // What is wider than the screen scrolls in a row of its own; the padding leaves room for the focus ring.
            "-mx-1 flex max-w-full min-w-0 items-center gap-1 overflow-x-auto p-1",
            places.length > 2 && "max-sm:order-last max-sm:-mx-3 max-sm:w-screen max-sm:overflow-x-auto max-sm:px-2",
          )}
        >
          {places.map((place) => (
            <Link
              key={place.href}
              href={place.href}
              aria-current={pathname === place.href ? "page" : undefined}
              className={classNames(
                "rounded-md px-2 py-1 whitespace-nowrap hover:bg-hover max-sm:py-1.5",
                pathname === place.href ? "bg-raised font-medium text-text" : "text-quiet",
              )}
            >
              {place.label}
            </Link>
          ))}
        </nav>
        {/* No width of its own to start from would be taken from the logo: what does not fit goes to a second line. */}
        <div className="ml-auto flex max-w-full flex-wrap items-center justify-end gap-x-4 max-sm:gap-x-2">
          {children}
          <LiveDot />
          {palette ? (
            <button
              type="button"
              onClick={openPalette}
              className="inline-flex h-7 items-center gap-2 rounded-md border border-line px-2 text-xs text-quiet hover:bg-hover max-md:hidden"
            >
              <Search className="size-3.5" aria-hidden="true" />
              Find <Kbd>{`${modKey}K`}</Kbd>
            </button>
          ) : null}
          <NoticeBell mayRead={me.can.cases} />
          <ThemeSwitch />
          <details className="group relative" name="person">
            <summary className="flex h-8 list-none items-center gap-1 rounded-md px-2 hover:bg-hover [&::-webkit-details-marker]:hidden">
              <span className="max-w-40 truncate max-sm:max-w-24">{me.user.name}</span>
              <ChevronDown className="size-3.5 text-quiet" aria-hidden="true" />
            </summary>
            <div className="absolute right-0 z-40 mt-1 w-60 rounded-md border border-line bg-panel p-1.5 shadow-float">
              <p className="px-2 py-1 text-xs break-all text-quiet">
                {me.user.email}
                <br />
                {me.org.name}
              </p>
              <Link href="/account" className="block rounded px-2 py-1.5 hover:bg-hover">
                Account
              </Link>
              <button
                type="button"
                onClick={() => void signOut(me.user.id)}
                className="block w-full rounded px-2 py-1.5 text-left hover:bg-hover"
              >
                Sign out
              </button>
            </div>
          </details>
        </div>
      </header>
      <ResetLinkNotice me={me} />
    </>
  );
}
