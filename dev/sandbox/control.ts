import { SECOND } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Courier, DeliveryRecord } from "./deliver.ts";
import { belongsTo, type Fault, FAULT_KINDS, type FaultOrder, type Faults } from "./faults.ts";
import type { Issuer, IssuerCounts, Rotation } from "./oauth.ts";
import type { PretendProvider } from "./provider.ts";
import type { createPublisher, Publication, PublishOrder } from "./publish.ts";
import { shownUser, type TerraHooks } from "./terra/connections.ts";
import type { World } from "./world.ts";

/** A call that reached a provider. Tokens are not kept, only where they were. */
export interface RequestRecord {
  readonly at: string;
  readonly provider: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly string[];
  readonly authorization: "none" | "basic" | "bearer";
  readonly status: number;
}

export interface Control {
  fault(order: FaultOrder): Fault;
  faults(): readonly Fault[];
  clearFaults(): void;
  publish(order: PublishOrder): Publication;
  /** Announces what became available since the last time, as webhooks and pushes. */
  announce(): void;
  /** The person takes their consent back at the provider. */
  revoke(provider: string, person: string): void;
  /** Every access token of `provider` is refused from now on; refresh tokens live on. */
  expireAccess(provider: string): void;
  rotation(provider: string, rotation: Rotation): void;
  /** Moves the sandbox's clock. */
  advance(seconds: number): void;
  counts(): Readonly<Record<string, IssuerCounts>>;
  requests(): readonly RequestRecord[];
  deliveries(): readonly DeliveryRecord[];
  replay(deliveryId: string): void;
  /** Resolves when no webhook is under way. */
  settled(): Promise<void>;
}

export function createControl(p: {
  readonly world: World;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly faults: Faults;
  readonly publisher: ReturnType<typeof createPublisher>;
  readonly courier: Courier;
  readonly terra: TerraHooks | undefined;
  readonly others: readonly PretendProvider[];
  readonly requests: readonly RequestRecord[];
}): Control {
  const { world, issuers, faults, publisher, courier } = p;
  let announcedAt = world.clock();
  /** `dexcom` names all of its regions. */
  const named = (provider: string): readonly Issuer[] => {
    const found = [...issuers].filter(([name]) => belongsTo(name, provider)).map(([, one]) => one);
    if (found.length === 0) throw new Error(`Cannot control ${provider}: no such issuer`);
    return found;
  };
  return {
    fault: (order) => faults.add(order),
    faults: () => faults.all,
    clearFaults: () => faults.clear(),
    publish: (order) => publisher.publish(order),
    announce() {
      const since = announcedAt;
      announcedAt = world.clock();
      publisher.announce(since);
    },
    revoke(provider, person) {
      if (provider !== "terra") {
        const other = p.others.find(({ name }) => name === provider);
        const isKeyed = other !== undefined && other.issuer === undefined;
        for (const issuer of isKeyed ? [] : named(provider)) issuer.revokePerson(person);
        other?.revoked?.(person);
        return;
      }
      for (const connection of world.store.state.connections) {
        if (!connection.active || connection.person !== person) continue;
        connection.active = false;
        p.terra?.event({
          type: "access_revoked",
          status: "warning",
          message: "User revoked access",
          user: shownUser(connection),
        });
      }
      world.store.save();
    },
    expireAccess(provider) {
      for (const issuer of named(provider)) issuer.expireAccess();
    },
    rotation(provider, rotation) {
      for (const issuer of named(provider)) issuer.setRotation(rotation);
    },
    advance(seconds) {
      world.store.state.clockOffsetMs += seconds * SECOND;
      world.store.save();
    },
    counts: () => Object.fromEntries([...issuers].map(([name, one]) => [name, one.counts])),
    requests: () => p.requests,
    deliveries: () => courier.log,
    replay: (id) => courier.replay(id),
    settled: () => courier.settled(),
  };
}

const bodies = {
  fault: z.strictObject({
    provider: z.string(),
    route: z.string(),
    kind: z.enum(FAULT_KINDS),
    times: z.int().positive().exactOptional(),
    retryAfter: z.union([z.number(), z.string()]).exactOptional(),
    seconds: z.number().positive().exactOptional(),
    bytes: z.int().nonnegative().exactOptional(),
  }),
  publish: z.strictObject({
    person: z.string(),
    provider: z.string(),
    resource: z.string(),
    action: z.enum(["create", "update", "delete"]).exactOptional(),
    recordId: z.string().exactOptional(),
  }),
  revoke: z.strictObject({ provider: z.string(), person: z.string() }),
  expire: z.strictObject({ provider: z.string() }),
  rotation: z.strictObject({
    provider: z.string(),
    rotation: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["none", "single_use", "family", "until_use"]) }),
      z.strictObject({ kind: z.literal("grace"), seconds: z.number() }),
    ]),
  }),
  advance: z.strictObject({ seconds: z.number() }),
  replay: z.strictObject({ id: z.string() }),
};

/** The same by HTTP, below `/_control`: JSON in, JSON out, from this machine only. */
export function controlRoutes(control: Control, world: World): Hono {
  const app = new Hono();
  const post = <T>(path: string, schema: z.ZodType<T>, act: (body: T) => unknown) =>
    app.post(path, async (c: Context) => {
      const body = schema.safeParse(await c.req.json().catch(() => null));
      if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
      try {
        return c.json(act(body.data) ?? { ok: true });
      } catch (error) {
        return c.json({ error: error instanceof Error ? error.message : "failed" }, 409);
      }
    });
  post("/fault", bodies.fault, (body) => control.fault(body));
  post("/publish", bodies.publish, (body) => control.publish(body));
  post("/revoke", bodies.revoke, (body) => control.revoke(body.provider, body.person));
  post("/expire", bodies.expire, (body) => control.expireAccess(body.provider));
  post("/rotation", bodies.rotation, (body) => control.rotation(body.provider, body.rotation));
  post("/advance", bodies.advance, (body) => control.advance(body.seconds));
  post("/replay", bodies.replay, (body) => control.replay(body.id));
  post("/announce", z.strictObject({}), () => control.announce());
  app.get("/faults", (c) => c.json(control.faults()));
  app.delete("/faults", (c) => {
    control.clearFaults();
    return c.json({ ok: true });
  });
  app.get("/ledger", (c) => c.json(world.ledger.facts(c.req.query("person"))));
  app.get("/counts", (c) => c.json(control.counts()));
  app.get("/requests", (c) => c.json(control.requests()));
  app.get("/deliveries", (c) => c.json(control.deliveries()));
  app.get("/settled", async (c) => {
    await control.settled();
    return c.json({ ok: true });
  });
  return app;
}
