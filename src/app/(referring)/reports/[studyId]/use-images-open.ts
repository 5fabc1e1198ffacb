"use client";

import { useEffect, useRef, useState } from "react";
import type { ImagePointer } from "../../../_viewer/index.tsx";

const address = "#images";

/**
 * Whether the images stand in the place of the report. They have an address of their own, so that Back, which on a phone is
 * the hand's first way, goes to the report and not past it; a reload stays with them.
 *
 * @returns `open` is null while the report is shown, else where the images begin.
 */
export function useImagesOpen(): {
  open: { at: ImagePointer | null } | null;
  show: (at: ImagePointer | null) => void;
  leave: () => void;
} {
  const [open, setOpen] = useState<{ at: ImagePointer | null } | null>(null);
  /** Whether the report is the entry before this one. */
  const reportIsBefore = useRef(false);
  useEffect(() => {
    const follow = () => setOpen((was) => (window.location.hash === address ? (was ?? { at: null }) : null));
    follow();
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, []);
  return {
    open,
    show(at) {
      window.history.pushState(null, "", address);
      reportIsBefore.current = true;
      setOpen({ at });
    },
    leave() {
      if (reportIsBefore.current) return window.history.back();
      window.history.replaceState(null, "", window.location.pathname);
      setOpen(null);
    },
  };
}
