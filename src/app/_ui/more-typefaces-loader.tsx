"use client";

import { useEffect } from "react";

/** Loads typefaces for every script that a name or report may use, whatever fonts the machine has. Renders nothing. */
export function MoreTypefaces() {
  useEffect(() => {
    void import("./more-typefaces.ts");
  }, []);
  return null;
}
