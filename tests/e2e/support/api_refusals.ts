/** What every operation of a kind is refused alike for. */
import assert from "node:assert/strict";
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { type Operation, problemsOf } from "@shared/api/operations/operation.ts";
import type { Call, CallOptions } from "./api_calls.ts";
import type { Caller } from "./functions_world.ts";
import { terraDelivery } from "./terra_delivery.ts";

const ofPeople = OPERATIONS.filter(({ caller }) => /person|account/.test(caller));
const ofAccounts = OPERATIONS.filter(({ caller }) => caller === "account");
const withInput = OPERATIONS.filter(({ input }) => input !== undefined);
const withBody = withInput.filter(({ method }) => method !== "get");
const deliveries = OPERATIONS.filter(({ id, aliasOf }) => (aliasOf ?? id) === "deliverWebhook");

/** A signed delivery. */
export function ofTerra(body: string): CallOptions {
  const { headers } = terraDelivery(body);
  return { provider: "terra", raw: { body, type: "application/json" }, headers };
}

async function refused(
  call: Call,
  status: number,
  operations: readonly Operation[],
  options: (operation: Operation) => CallOptions,
): Promise<void> {
  assert.ok(operations.length > 0);
  await Promise.all(operations.map(async (operation) => {
    const answer = await call(operation, options(operation));
    assert.equal(answer.status, status, `${operation.id}: ${answer.text.slice(0, 200)}`);
  }));
}

/** Nobody, and a person who signed in without an account. */
export async function refuseStrangers(call: Call, anonymous: Caller): Promise<void> {
  await refused(
    call,
    401,
    [...ofPeople, ...OPERATIONS.filter((o) => o.caller === "scheduler")],
    () => ({}),
  );
  await refused(call, 403, ofAccounts, () => ({ as: anonymous }));
}

/** Input that is not what is documented, too large, of another kind, or that never ends. */
export async function refuseBadInput(call: Call, as: Caller): Promise<void> {
  await refused(call, 400, withInput, () => ({ as, input: { nonsense: "1" } }));
  const raw = (body: BodyInit, type = "application/json") => () => ({ as, raw: { body, type } });
  await refused(call, 400, deliveries, () => ofTerra("{"));
  await refused(call, 413, [...withBody, ...deliveries], raw(" ".repeat(300 * 1_024)));
  const jsonOnly = OPERATIONS.filter((one) => problemsOf(one).has("media_type_unsupported"));
  // Of a GET the header alone.
  await refused(call, 415, jsonOnly, ({ method }) => ({
    as,
    ...(method === "get" ? {} : { raw: { body: "a=b", type: "text/plain" } }),
    headers: { "content-type": "text/plain" },
  }));
  const endless = () => ({ as, raw: { body: new ReadableStream(), type: "application/json" } });
  await refused(call, 408, [...withBody, ...deliveries], endless);
}

/** Where one request is all that a person has, the second is too many. */
export async function refuseTooMany(call: Call, as: Caller): Promise<void> {
  const [first] = ofPeople;
  assert.ok(first);
  await call(first, { as });
  await refused(call, 429, ofPeople, () => ({ as }));
}

/** Every operation that needs the database, where it is broken (500) or away (503). */
export async function failWithDatabase(call: Call, status: number, as: Caller): Promise<void> {
  await refused(call, status, ofPeople, () => ({ as }));
  await refused(call, status, deliveries, () => ofTerra("{}"));
  const callback = OPERATIONS.filter(({ id }) => id === "receiveCallback");
  await refused(call, status, callback, () => ({ input: { state: "s".repeat(43), code: "c" } }));
}
