"use client";

import { useEffect, useState } from "react";

/** What the shortcut key is called on this keyboard: `⌘`, or `Ctrl ` where there is none. */
export function useModKey(): string {
  const [key, setKey] = useState("Ctrl ");
  useEffect(() => {
    if (/Mac|iPhone|iPad/.test(navigator.userAgent)) setKey("⌘");
  }, []);
  return key;
}
