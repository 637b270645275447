import type { Environment } from "./config.ts";
import { type Config, parseConfig } from "./config.ts";
import { begin } from "./connections/begin.ts";
import { receive as receiveCallback } from "./connections/callback.ts";
import { complete } from "./connections/complete.ts";
import type { ConnectionDeps } from "./connections/deps.ts";
import { disconnect } from "./connections/disconnect.ts";
import { listProviders } from "./connections/providers.ts";
import { enqueueDueRevocations } from "./connections/outbox.ts";
import {
  enqueueDueRefreshes,
  enqueueRefreshesOf,
  refreshToken,
} from "./connections/refresh_jobs.ts";
import { requestSync } from "./connections/request_sync.ts";
import { confirmRevocation, revoke } from "./connections/revoke.ts";
import { enqueueRotation, rotateKeys } from "./connections/rotate_keys.ts";
import { signIn } from "./connections/sign_in.ts";
import { sources } from "./connections/sources.ts";
import { createVault } from "./core/envelope.ts";
import { utf8 } from "./core/bytes.ts";
import { connect, type Database } from "./db/client.ts";
import { createListener } from "./db/listen.ts";
import { takeSlot } from "./db/rate_limits.ts";
import { refusePrivilegedRole } from "./db/role.ts";
import { refuseMissingKeys } from "./db/sealing_keys.ts";
import { createAuthenticator } from "./http/auth.ts";
import { createLog, type Log } from "./http/log.ts";
import type { RateLimit } from "./http/rate_limit.ts";
import { canonicalReturnTo } from "./http/return_to.ts";
import type { Handlers } from "./jobs/handlers.ts";
import { metricsUseCases } from "./metrics/use_cases.ts";
import { directory } from "./providers/directory.ts";
import { PROVIDERS } from "./providers/mod.ts";
import { createGate } from "./runtime/gate.ts";
import { createIsolate } from "./runtime/isolate.ts";
import { resolveHost } from "./runtime/resolve.ts";
import { createWorker } from "./runtime/worker.ts";
import { pullRecord, pullWindow, requestHistory } from "./sync/pull.ts";
import { redate } from "./sync/redate.ts";
import { enqueueThinning, thin } from "./sync/thin.ts";
import { processWebhook } from "./webhooks/process.ts";
import { createReceiver, maxBytes, mediaTypes } from "./webhooks/receive.ts";
import { enqueueSubscriptions, subscribe } from "./webhooks/subscribe.ts";

export interface RuntimeOptions {
  /** Database connections of one isolate. */
  readonly connections?: number;
  readonly log?: Log;
}

/** The composition root: everything is built here, once, from the environment. Throws where it is wrong. */
export function createRuntime(env: Environment, options: RuntimeOptions = {}) {
  const config = parseConfig(env, PROVIDERS);
  const log = options.log ?? createLog();
  for (const notice of config.notices) log("warn", "config", { notice });
  const now = () => new Date();
  const db = openDatabase(config, log, options.connections ?? 2);
  const providers = directory(config.providers, {
    origins: config.providerOrigins,
    now,
    gate: createGate(db, log),
    resolve: resolveHost,
  });
  const { functionsUrl, appUrl } = config;
  const deps: ConnectionDeps = {
    db,
    isolate: createIsolate(config.wallClockSeconds),
    vault: createVault(config.vaultKeys),
    providers,
    functionsUrl,
    appUrl,
    returnTo: (input) => canonicalReturnTo(input, config.returnToOrigins),
    now,
    log,
  };
  const handlers: Handlers = {
    "sync.pull": pullWindow(deps),
    "sync.record": pullRecord(deps),
    "sync.request_history": requestHistory(deps),
    "connection.confirm_revocation": confirmRevocation(deps),
    "connection.revoke": revoke(deps),
    "webhook.subscribe": subscribe(deps),
    "webhook.process": processWebhook(deps),
    "token.refresh": refreshToken(deps),
    "keys.rotate": rotateKeys(deps),
    "metrics.redate": redate(deps),
    "metrics.thin": thin(deps),
  };

  const listener = hasSession(config) ? createListener(config.databaseUrl) : undefined;
  const worker = createWorker(deps, handlers, listener);

  return {
    log,
    version: config.release,
    corsOrigins: config.corsOrigins,
    internalSecrets: config.internalSecrets,
    authenticate: createAuthenticator({
      issuer: config.auth.issuer,
      jwks: config.auth.jwks ?? new URL(config.auth.jwksUrl),
      ...(config.auth.hs256Secret ? { hs256Secret: utf8(config.auth.hs256Secret.reveal()) } : {}),
    }),
    rateLimit: rateLimit(config, db),
    connect: {
      begin: (ask: Parameters<typeof begin>[1]) => begin(deps, ask),
      signIn: (ask: Parameters<typeof signIn>[1]) => signIn(deps, ask),
      complete: (ask: Parameters<typeof complete>[1]) => complete(deps, ask),
      providers: () => listProviders(providers),
      sources: (ask: Parameters<typeof sources>[1]) => sources(deps, ask),
      sync: (ask: Parameters<typeof requestSync>[1]) => requestSync(deps, ask),
      disconnect: (ask: Parameters<typeof disconnect>[1]) => disconnect(deps, ask),
    },
    oauthCallback: {
      receive: (ask: Parameters<typeof receiveCallback>[1]) => receiveCallback(deps, ask),
    },
    webhooks: {
      maxBytes,
      mediaTypes,
      handle: createReceiver(deps),
    },
    metrics: metricsUseCases(deps),
    tokenRefresh: {
      async enqueueDue() {
        // First what cannot wait for the next tick.
        const due = await enqueueDueRefreshes(deps);
        await enqueueDueRevocations(deps);
        await enqueueSubscriptions(deps);
        await enqueueRotation(deps);
        await enqueueThinning(deps);
        return due;
      },
      enqueueFor: (ask: Parameters<typeof enqueueRefreshesOf>[1]) => enqueueRefreshesOf(deps, ask),
    },
    syncWorker: { drain: worker.drain },
    async close() {
      await worker.close();
      await db.close();
    },
  };
}

/** A pooler in transaction mode (port 6543 on Supabase) loses prepared statements, and cannot listen. */
function hasSession(config: Config): boolean {
  return new URL(config.databaseUrl.reveal()).port !== "6543";
}

function openDatabase(config: Config, log: Log, max: number): Database {
  return connect({
    url: config.databaseUrl,
    max,
    prepare: hasSession(config),
    async check(sql) {
      await refusePrivilegedRole(sql, {
        allowed: config.allowPrivilegedRole,
        onAllowed: (role) => log("warn", "privileged_role", { role }),
      });
      await refuseMissingKeys(sql, new Set(config.vaultKeys.masters.keys()));
    },
    warn: (event, reason) => log("warn", event, { reason }),
  });
}

function rateLimit(config: Config, db: Database): RateLimit {
  const [addressSecret] = config.internalSecrets;
  if (!addressSecret) throw new Error("Cannot start: INTERNAL_SECRETS is empty");
  return {
    limiter: {
      take: (budget) => db.query((sql) => takeSlot(sql, budget)),
    },
    limit: config.rateLimit.requests,
    windowSeconds: config.rateLimit.windowSeconds,
    trustedHops: 1,
    addressSecret,
  };
}
