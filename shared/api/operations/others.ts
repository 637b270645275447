/** What is no part of `connect` and `metrics`. */
import { z } from "zod";
import { accepted } from "../common_answers.ts";
import { refreshBody } from "../token_refresh.ts";
import { dueQueued, refreshQueued } from "../token_refresh_answers.ts";
import { alias, type Operation } from "./operation.ts";

const refresh: Operation = {
  id: "refreshTokens",
  method: "post",
  path: "/token-refresh",
  tag: "tokens",
  caller: "person_or_scheduler",
  summary: "Queue the renewal of tokens",
  description: "A person's call renews their own; the scheduler's, with the internal secret and " +
    "no body, all that end before its next call.",
  input: refreshBody,
  answers: {
    200: {
      description: "What was queued: for the person, or for the scheduler",
      schema: z.union([refreshQueued, dueQueued]),
    },
  },
  problems: ["provider_unknown", "provider_unsupported"],
};

const callback: Operation = {
  id: "receiveCallback",
  method: "get",
  path: "/oauth-callback/{provider}",
  tag: "providers",
  caller: "anyone",
  summary: "Take what a provider's page sends back with the person",
  description: "The provider adds `state` and `code`, or parameters of its own. It is visited by " +
    "the person's browser and never called by an app.",
  answers: {
    302: {
      description: "To the app, with `provider` and either `connect_ticket` or `error`: " +
        "`state_invalid`, `access_denied`, `provider_error`, `provider_not_configured`",
      headers: ["Location"],
    },
  },
  problems: [
    "provider_unknown",
    "provider_unsupported",
    "method_not_allowed",
    "internal",
    "unavailable",
  ],
};

const deliver: Operation = {
  id: "deliverWebhook",
  method: "post",
  path: "/webhooks/{provider}",
  tag: "providers",
  caller: "provider",
  summary: "Take news from a provider",
  description: "Proved by the provider's own signature over the raw body. 2xx means that it is " +
    "stored; nothing else of the answer means anything.",
  answers: {
    200: { description: "Stored" },
    201: { description: "The provider's subscription check is answered (Google Health)" },
    204: { description: "Stored (Fitbit, Google Health)" },
  },
  problems: [
    "signature_invalid",
    "provider_unknown",
    "malformed_body",
    "body_timeout",
    "body_too_large",
    "media_type_unsupported",
    "provider_not_configured",
    "internal",
    "unavailable",
  ],
};

const greet: Operation = {
  id: "checkWebhook",
  method: "get",
  path: "/webhooks/{provider}",
  tag: "providers",
  caller: "provider",
  summary: "Answer a provider that checks the address before it subscribes",
  answers: {
    200: { description: "The provider's challenge, in its own form" },
    204: { description: "The check is passed (Fitbit)" },
    403: { description: "The check is not ours" },
  },
  problems: ["signature_invalid", "provider_unknown", "provider_not_configured"],
};

const work: Operation = {
  id: "wakeWorker",
  method: "post",
  path: "/sync-worker",
  tag: "scheduler",
  caller: "scheduler",
  summary: "Wake the worker that runs queued jobs",
  answers: { 202: { description: "It works after this answer", schema: accepted } },
};

export const OTHERS: readonly Operation[] = [
  refresh,
  callback,
  deliver,
  alias(deliver, { id: "deliverWebhookToSecretPath", path: "/webhooks/{provider}/{secret}" }),
  greet,
  alias(greet, { id: "checkWebhookAtSecretPath", path: "/webhooks/{provider}/{secret}" }),
  work,
];
