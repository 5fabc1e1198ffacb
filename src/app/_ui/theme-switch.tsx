"use client";

import { MoonStar, Sun } from "lucide-react";
import { IconButton } from "./button.tsx";
import { themeCookie } from "./theme.ts";

/**
 * Switches between light and dark. The current theme is read from the page, because the layout's default applies until
 * somebody chooses.
 */
export function switchTheme(): void {
  const root = document.documentElement;
  const next = getComputedStyle(root).colorScheme === "dark" ? "light" : "dark";
  root.dataset.themeChoice = next;
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in every browser a hospital has
  document.cookie = `${themeCookie}=${next}; path=/; max-age=31536000; samesite=lax`;
}

export function ThemeSwitch() {
  return (
    <IconButton label="Switch between dark and light" onClick={switchTheme}>
      <MoonStar className="size-4 dark-only" />
      <Sun className="size-4 light-only" />
    </IconButton>
  );
}
