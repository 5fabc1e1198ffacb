import "@fontsource-variable/inter";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { MoreTypefaces } from "./_ui/more-typefaces-loader.tsx";
import { NowProvider } from "./_ui/now.tsx";
import { Ready } from "./_ui/ready.tsx";
import { themeCookie } from "./_ui/theme.ts";
import { ToastProvider } from "./_ui/toast.tsx";

export const metadata: Metadata = {
  title: { default: "Overread", template: "%s · Overread" },
  description: "Teleradiology reading portal",
  robots: { index: false, follow: false },
};
export const viewport: Viewport = { width: "device-width", initialScale: 1 };

/** Reading the cookie keeps every page dynamic, which the nonce in the content security policy needs. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const choice = (await cookies()).get(themeCookie)?.value;
  return (
    <html
      lang="en"
      data-theme-choice={choice === "dark" || choice === "light" ? choice : undefined}
      suppressHydrationWarning
    >
      <body className="bg-ground font-sans text-text antialiased">
        <MoreTypefaces />
        <NowProvider start={Date.now()}>
          <ToastProvider>{children}</ToastProvider>
        </NowProvider>
        <Ready />
      </body>
    </html>
  );
}
