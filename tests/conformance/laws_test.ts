/** The laws every registered driver obeys. Adding a provider adds no test here: it adds fixtures. */
import assert from "node:assert/strict";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { ACCOUNT_LAWS } from "./account_laws.ts";
import { ANSWER_LAWS } from "./answer_laws.ts";
import { CREDENTIALS_LAWS } from "./credentials_laws.ts";
import { MEANING_LAWS } from "./meaning_laws.ts";
import { OAUTH_LAWS } from "./oauth_laws.ts";
import { PAGING_LAWS } from "./paging_laws.ts";
import { ROWS_LAWS } from "./rows_laws.ts";
import { SHAPE_LAWS } from "./shape_laws.ts";
import { TOKEN_LAWS } from "./token_laws.ts";
import { TRANSPORT_LAWS } from "./transport_laws.ts";
import { WEBHOOK_LAWS } from "./webhook_laws.ts";

const LAWS = [
  ...SHAPE_LAWS,
  ...MEANING_LAWS,
  ...ROWS_LAWS,
  ...TRANSPORT_LAWS,
  ...ANSWER_LAWS,
  ...PAGING_LAWS,
  ...OAUTH_LAWS,
  ...TOKEN_LAWS,
  ...ACCOUNT_LAWS,
  ...CREDENTIALS_LAWS,
  ...WEBHOOK_LAWS,
];

const due = PROVIDERS.flatMap((driver) =>
  LAWS.filter((law) => law.appliesTo?.(driver) ?? true).map((law) => ({ driver, law }))
);
let held = 0;

for (const { driver, law } of due) {
  Deno.test(`${driver.slug}: ${law.name}`, async () => {
    await law.check(driver);
    held++;
  });
}

// The report shows names alone, so the name says how many there were.
const counted = `${LAWS.length} laws x ${PROVIDERS.length} drivers: ${due.length} apply`;
Deno.test(`${counted}, and all of them held`, () => {
  const idle = LAWS.filter((law) => !due.some((one) => one.law === law));
  assert.deepEqual(idle.map(({ name }) => name), []);
  assert.equal(held, due.length);
});
