/** Every operation of the API. What deploys never loads this: docs/openapi.json is made from it. */
import { CONNECT } from "./connect.ts";
import { METRICS } from "./metrics.ts";
import type { Operation } from "./operation.ts";
import { OTHERS } from "./others.ts";

export const OPERATIONS: readonly Operation[] = [...CONNECT, ...METRICS, ...OTHERS];
