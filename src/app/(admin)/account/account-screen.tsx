"use client";

import type { Me } from "../../_trpc/types.ts";
import { OfficePage } from "../office-page.tsx";
import { NoticesCard, WebhookCard } from "./notices-card.tsx";
import { PasswordCard } from "./password-card.tsx";
import { PushCard } from "./push-card.tsx";
import { ReaderCards } from "./reader-cards.tsx";
import { ResetLinksCard } from "./reset-links-card.tsx";
import { SecondFactorCard } from "./second-factor-card.tsx";
import { SessionsCard } from "./sessions-card.tsx";
import { ShiftWorkCard } from "./shift-work-card.tsx";

export function AccountScreen({ me }: { me: Me }) {
  return (
    <OfficePage me={me} title="Account" intro={`${me.user.name}, ${me.user.email}, at ${me.org.name}.`}>
      <div className="grid items-start gap-4 md:grid-cols-2">
        <PasswordCard />
        <SecondFactorCard />
      </div>
      {me.can.ownReader ? (
        <>
          <ReaderCards />
          <ShiftWorkCard />
        </>
      ) : null}
      <div className="grid items-start gap-4 md:grid-cols-2">
        <NoticesCard me={me} />
        <PushCard />
        {me.can.webhook ? <WebhookCard /> : null}
      </div>
      <ResetLinksCard links={me.resetLinks} />
      <SessionsCard />
    </OfficePage>
  );
}
