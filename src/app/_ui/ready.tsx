"use client";

import { useEffect } from "react";

/**
 * Marks the page (`<html data-ready>`) once its code runs: the server's picture stands before it, and what is pressed or
 * typed into that is lost. Stands last in the page, since effects run in the order of the tree.
 */
export function Ready() {
  useEffect(() => {
    document.documentElement.dataset.ready = "";
  }, []);
  return null;
}
