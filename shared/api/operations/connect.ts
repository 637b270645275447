import { z } from "zod";
import type { ProblemName } from "../../core/problems.ts";
import { beginBody, completeBody, connectBody, syncBody } from "../connect.ts";
import * as answers from "../connect_answers.ts";
import { alias, type Answer, type Operation } from "./operation.ts";

const ours = { tag: "connect", caller: "account" } as const;

/** Of a provider that is to be linked or read. */
const OF_PROVIDER: readonly ProblemName[] = ["provider_unknown", "provider_unsupported"];
const OF_BEGIN: readonly ProblemName[] = [
  ...OF_PROVIDER,
  "provider_not_configured",
  "provider_failed",
  "origin_refused",
  "credentials_refused",
  "account_linked_elsewhere",
];
const OF_COMPLETE: readonly ProblemName[] = [
  "ticket_invalid",
  "ticket_of_another",
  "state_invalid",
  "provider_not_configured",
  "provider_failed",
  "account_linked_elsewhere",
];
const OF_SYNC: readonly ProblemName[] = [
  ...OF_PROVIDER,
  "provider_not_configured",
  "connection_not_found",
];
const OF_DISCONNECT: readonly ProblemName[] = [...OF_PROVIDER, "connection_not_found"];

const begin: Operation = {
  ...ours,
  id: "beginConnection",
  method: "post",
  path: "/connect/{provider}",
  summary: "Begin to link a provider",
  description:
    "Answers the provider's page; send the person there. They come back to `redirectTo` " +
    "with `connect_ticket`, which completes the link, or with `error`. A provider without a page " +
    "(`kind` is `credentials`) is linked at once by what the person typed.",
  input: beginBody,
  answers: {
    200: {
      description: "The page to visit; or the account, where nothing more is needed",
      schema: z.union([answers.begun, answers.linked]),
    },
  },
  problems: OF_BEGIN,
};

const complete: Operation = {
  ...ours,
  id: "completeConnection",
  method: "post",
  path: "/connect/complete",
  summary: "Complete a link",
  description: "In the session that began it: only now is the provider's code exchanged, the " +
    "account opened and its history queued.",
  input: completeBody,
  answers: { 200: { description: "The account that was linked", schema: answers.linked } },
  problems: OF_COMPLETE,
};

const listSources: Operation = {
  ...ours,
  id: "listSources",
  method: "get",
  path: "/connect/sources",
  summary: "List the person's linked accounts",
  answers: { 200: { description: "The accounts, newest first", schema: answers.sourceList } },
};

const listProviders: Operation = {
  ...ours,
  id: "listProviders",
  method: "get",
  path: "/connect/providers",
  summary: "List the providers, and what linking each takes",
  answers: { 200: { description: "Every provider there is", schema: answers.providerList } },
};

const queued: Answer = { description: "The reads are queued", schema: answers.syncQueued };

const sync: Operation = {
  ...ours,
  id: "syncConnection",
  method: "post",
  path: "/connect/{provider}/sync",
  summary: "Read a provider's last days again",
  input: syncBody,
  answers: { 202: queued },
  problems: OF_SYNC,
};

const disconnect: Operation = {
  ...ours,
  id: "disconnect",
  method: "delete",
  path: "/connect/{provider}",
  summary: "Cut the link to a provider",
  description: "The tokens are gone when this answers, and the provider is told. What was read " +
    "before stays.",
  answers: { 200: { description: "What was cut", schema: answers.disconnected } },
  problems: OF_DISCONNECT,
};

const byAction: Operation = {
  ...ours,
  id: "connect",
  method: "post",
  path: "/connect",
  summary: "Any of the operations below, by `action`",
  description: 'For `functions.invoke("connect", { body })`. Without `action` it begins a link.',
  input: connectBody,
  answers: {
    200: {
      description: "The answer of the operation that `action` names",
      schema: z.union([
        answers.begun,
        answers.linked,
        answers.sourceList,
        answers.providerList,
        answers.disconnected,
      ]),
    },
    202: queued,
  },
  problems: [...new Set([...OF_BEGIN, ...OF_COMPLETE, ...OF_SYNC, ...OF_DISCONNECT])],
};

export const CONNECT: readonly Operation[] = [
  byAction,
  begin,
  alias(begin, { id: "beginMyConnection", path: "/connect/me/connect/{provider}" }),
  complete,
  listSources,
  alias(listSources, { id: "listSourcesByPost", method: "post", path: "/connect/sources" }),
  alias(listSources, { id: "listSourcesAtRoot", path: "/connect" }),
  alias(listSources, { id: "listMySources", path: "/connect/me/sources" }),
  alias(listSources, { id: "listMySourcesByPost", method: "post", path: "/connect/me/sources" }),
  listProviders,
  alias(listProviders, { id: "listProvidersByPost", method: "post", path: "/connect/providers" }),
  sync,
  disconnect,
  alias(disconnect, {
    id: "disconnectByPost",
    method: "post",
    path: "/connect/{provider}/disconnect",
  }),
  alias(disconnect, {
    id: "disconnectMine",
    method: "post",
    path: "/connect/me/disconnect/{provider}",
  }),
];
