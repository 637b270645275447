import { createRuntime } from "@shared/runtime.ts";
import { createApp } from "./app.ts";

export default { fetch: createApp(createRuntime(Deno.env.toObject(), { connections: 5 })).fetch };
