import type { DriverContext, ProviderDriver } from "@shared/providers/driver.ts";
import { ProviderError, type ProviderFailure } from "@shared/providers/errors.ts";
import assert from "node:assert/strict";
import {
  ACCOUNT,
  type PretendProvider,
  type SeenRequest,
  WINDOW,
  withProvider,
} from "../support/provider_server.ts";
import { tokenOf } from "./fixtures.ts";

/** One way in which a driver asks for data. */
export interface DataCall {
  readonly name: string;
  /** Statuses that it takes for "nothing there". */
  readonly empty: readonly number[];
  run(ctx: DriverContext): Promise<unknown>;
}

/** Each resource's list, each record by its id, and the window that is asked to be sent. */
export function dataCallsOf(driver: ProviderDriver): readonly DataCall[] {
  const { history, resources } = driver;
  const ask = { account: ACCOUNT, window: WINDOW };
  const calls = resources.flatMap((resource): readonly DataCall[] => {
    const { name, within, emptyStatuses: empty = [] } = resource;
    const list: DataCall = {
      name,
      empty,
      run: (ctx) => driver.fetchPage({ ...ask, resource: name }, ctx),
    };
    const one: DataCall = {
      name: `${name} by id`,
      // The record that it lies within is asked for first, and must be there.
      empty: within === undefined ? empty : [],
      run: (ctx) => driver.fetchPage({ ...ask, resource: name, recordId: "1" }, ctx),
    };
    return [...(resource.request ? [list] : []), ...(resource.requestOne ? [one] : [])];
  });
  if (history?.kind !== "request") return calls;
  const window: DataCall = {
    name: "the window to be sent",
    empty: history.refusals ?? [],
    run: (ctx) => history.request(ask, ctx),
  };
  return [...calls, window];
}

/** An aggregator is asked with our own key, and no person has a token. */
export function hasTokens({ link }: ProviderDriver): boolean {
  return link.kind !== "widget";
}

/** Data is answered with `answer`; a token for it, where one is asked for first, is given and not counted. */
export function withData(
  driver: ProviderDriver,
  answer: Parameters<typeof withProvider>[0],
  use: (provider: PretendProvider) => Promise<void>,
): Promise<void> {
  const token = tokenOf(driver);
  const requests: SeenRequest[] = [];
  return withProvider(
    (request, closing) => {
      if (token && request.url.pathname === token.path) return Response.json(token.answer);
      requests.push(request);
      return answer(request, closing);
    },
    ({ context }) => use({ requests, context }),
  );
}

/** The failure a call ends in; its error must show no secret and no part of a body. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ProviderError, Deno.inspect(error));
    assert.doesNotMatch(Deno.inspect(error, { depth: 9 }), /test-leak|marked-value/);
    assert.equal(error.cause, undefined);
    return error.failure;
  }
  assert.fail("the call succeeded");
}
