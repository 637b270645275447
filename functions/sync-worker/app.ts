import { createHttpApp, type HttpRuntime } from "@shared/http/app.ts";
import { runInBackground } from "@shared/http/background.ts";
import { type InternalRuntime, requireInternal } from "@shared/http/internal_secret.ts";

export interface SyncWorkerPort {
  /** Performs jobs until the queue is empty or this isolate's time is up. */
  drain(): Promise<unknown>;
}

export interface SyncWorkerRuntime extends HttpRuntime, InternalRuntime {
  readonly syncWorker: SyncWorkerPort;
}

/** Answers at once, works afterwards: whoever wakes the worker gives it seconds, jobs take minutes. */
export function createApp(runtime: SyncWorkerRuntime) {
  const app = createHttpApp("sync-worker", runtime);
  app.post("/", requireInternal(runtime), (c) => {
    runInBackground(() => runtime.syncWorker.drain(), "drain", runtime.log);
    return c.json({ success: true, data: { accepted: true } }, 202);
  });
  return app;
}
