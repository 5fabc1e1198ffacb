"use client";

import { useEffect } from "react";

/** Makes every script that a name or a report can come in readable, whatever typefaces the machine has. Shows nothing itself. */
export function MoreScripts() {
  useEffect(() => {
    void import("./more-scripts.ts");
  }, []);
  return null;
}
