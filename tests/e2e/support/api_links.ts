/** Everything that `connect` answers, good and bad, at each of its addresses. */
import assert from "node:assert/strict";
import type { Operation } from "@shared/api/operations/operation.ts";
import { readOwnToken } from "../../../dev/journey/consent.ts";
import { type Call, operation, withAliases } from "./api_calls.ts";
import { allow, ticketIn } from "./consent.ts";
import type { Caller, FunctionsWorld } from "./functions_world.ts";

/** `POST /connect` and the addresses that `action` stands for. */
const [CONNECT, COMPLETE, SYNC] = ["connect", "completeConnection", "syncConnection"].map(
  operation,
);
const BEGIN = [operation("connect"), ...withAliases("beginConnection")];
const DISCONNECT = [operation("connect"), ...withAliases("disconnect")];

type Input = Readonly<Record<string, unknown>>;

/** What `POST /connect` is told beside the provider. */
const acting = (one: Operation, action: string, input: Input = {}) =>
  one.id === "connect" ? { action, ...input } : input;

export interface People {
  readonly demo: Caller;
  /** Somebody else, who may not have what is the demo person's. */
  readonly other: Caller;
}

export async function beginEverywhere(call: Call, world: FunctionsWorld, people: People) {
  const { demo, other } = people;
  const typed = await readOwnToken(world.sandbox, "demo");
  world.secrets.add(typed.token);
  const wrong = { ...typed, token: `${typed.token}x` };
  for (const one of BEGIN) {
    const begin = async (status: number, provider: string, input: Input = {}, as = demo) => {
      const answer = await call(one, { as, provider, input: acting(one, "start", input) });
      assert.equal(answer.status, status, `${one.id} ${provider}: ${answer.text}`);
    };
    await begin(200, "oura");
    await begin(200, "nightscout", typed);
    await begin(409, "nightscout", typed, other);
    await begin(422, "nightscout", wrong);
    await begin(403, "oura", { redirectTo: "https://elsewhere.example" });
    await begin(404, "nonesuch");
    await begin(501, "resmed");
    await begin(503, "strava");
    world.sandbox.control.fault({ provider: "terra", route: "/*", kind: "garbage" });
    await begin(502, "terra");
    world.sandbox.control.clearFaults();
  }
}

export async function completeEverywhere(call: Call, world: FunctionsWorld, people: People) {
  const { demo, other } = people;
  /** A ticket of the person's own, for Oura. */
  const ticketOf = async (as: Caller) => {
    const { body } = await call(operation("beginConnection"), { as });
    const callback = await allow(world, body.data.authUrl, "oura");
    const input = Object.fromEntries(callback.searchParams);
    const { status, location } = await call(operation("receiveCallback"), { input });
    assert.equal(status, 302);
    return ticketIn(location);
  };
  for (const one of [CONNECT, COMPLETE]) {
    assert.ok(one);
    const complete = async (status: number, as: Caller, ticket: string) => {
      const answer = await call(one, { as, input: acting(one, "complete", { ticket }) });
      assert.equal(answer.status, status, `${one.id}: ${answer.text}`);
    };
    const ticket = await ticketOf(demo);
    await complete(200, demo, ticket);
    await complete(410, demo, ticket);
    await complete(403, other, await ticketOf(demo));
    await complete(409, other, await ticketOf(other));
    const lost = await ticketOf(demo);
    world.sandbox.control.fault({ provider: "oura", route: "/oauth/token", kind: "garbage" });
    await complete(502, demo, lost);
    world.sandbox.control.clearFaults();
  }
}

export async function listEverywhere(call: Call, as: Caller) {
  for (const one of [...withAliases("listSources"), ...withAliases("listProviders")]) {
    assert.equal((await call(one, { as })).status, 200);
  }
  for (const action of ["list", "providers"]) {
    assert.equal((await call(operation("connect"), { as, input: { action } })).status, 200);
  }
}

/** After `completeEverywhere`. */
export async function syncEverywhere(call: Call, as: Caller) {
  for (const one of [CONNECT, SYNC]) {
    assert.ok(one);
    const sync = async (status: number, provider: string) => {
      const answer = await call(one, { as, provider, input: acting(one, "sync", { days: 1 }) });
      assert.equal(answer.status, status, `${one.id} ${provider}: ${answer.text}`);
    };
    await sync(202, "oura");
    await sync(404, "terra");
    await sync(501, "resmed");
  }
}

export async function disconnectEverywhere(call: Call, world: FunctionsWorld, as: Caller) {
  const typed = await readOwnToken(world.sandbox, "demo");
  for (const one of DISCONNECT) {
    const disconnect = async (status: number, provider: string) => {
      const answer = await call(one, { as, provider, input: acting(one, "disconnect") });
      assert.equal(answer.status, status, `${one.id} ${provider}: ${answer.text}`);
    };
    await call(operation("beginConnection"), { as, provider: "nightscout", input: typed });
    await disconnect(200, "nightscout");
    await disconnect(404, "nightscout");
    await disconnect(501, "resmed");
  }
}
