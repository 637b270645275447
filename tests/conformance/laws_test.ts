/** The laws every registered driver obeys. Adding a provider adds no test here: it adds fixtures. */
import { PROVIDERS } from "@shared/providers/mod.ts";
import { CREDENTIALS_LAWS } from "./credentials_laws.ts";
import { MEANING_LAWS } from "./meaning_laws.ts";
import { OAUTH_LAWS } from "./oauth_laws.ts";
import { SHAPE_LAWS } from "./shape_laws.ts";
import { TRANSPORT_LAWS } from "./transport_laws.ts";
import { WEBHOOK_LAWS } from "./webhook_laws.ts";

const LAWS = [
  ...SHAPE_LAWS,
  ...MEANING_LAWS,
  ...TRANSPORT_LAWS,
  ...OAUTH_LAWS,
  ...CREDENTIALS_LAWS,
  ...WEBHOOK_LAWS,
];

for (const driver of PROVIDERS) {
  for (const law of LAWS) {
    if (law.appliesTo && !law.appliesTo(driver)) continue;
    Deno.test(`${driver.slug}: ${law.name}`, async () => await law.check(driver));
  }
}

console.log(`${LAWS.length} laws x ${PROVIDERS.length} drivers`);
