/** Holds exchanges to docs/openapi.json, and counts which of its answers they have shown. */
import { OPERATIONS } from "@shared/api/operations/mod.ts";
import { problemsOf } from "@shared/api/operations/operation.ts";
import { problemType } from "@shared/core/problems.ts";
import {
  isNode,
  type Node,
  operationsOf,
  resolve,
} from "../../conformance/contract/specification.ts";
import { validator } from "../../conformance/contract/validate.ts";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);
const BASE = "https://project.example/functions/v1";

export interface ApiExchange {
  readonly method: string;
  /** Below `/functions/v1`, with the query. */
  readonly path: string;
  /** What was sent as JSON, where something was. */
  readonly json?: unknown;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ApiCoverage {
  note(exchange: ApiExchange): void;
  /** What was answered otherwise than it is documented. */
  findings(): readonly string[];
  /** `GET /metrics 200`, for each documented answer; and of them those that were shown. */
  readonly documented: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
  readonly exchanges: () => number;
}

export function createApiCoverage(): ApiCoverage {
  const document: unknown = JSON.parse(Deno.readTextFileSync(DOCUMENT));
  if (!isNode(document)) throw new Error("Cannot read docs/openapi.json: no document");
  const operations = operationsOf(document);
  const { exchange } = validator(
    { document, operations, events: [] },
    { base: BASE, isInForm: false, untyped: [] },
  );
  const [findings, shown] = [new Set<string>(), new Set<string>()];
  let exchanges = 0;
  return {
    documented: new Set(
      operations.flatMap(({ method, path, responses }) =>
        [...responses.keys()].map((status) => `${method} ${path} ${status}`)
      ),
    ),
    shown,
    exchanges: () => exchanges,
    findings: () => [...findings],
    note({ method, path, json, status, headers, text }) {
      exchanges++;
      const verdict = exchange({
        method,
        url: new URL(BASE + path),
        ...(json === undefined ? {} : { json }),
        status,
        // A body of no JSON is held to its media type below.
        body: isJson(headers) ? text : "",
      });
      // What was taken must be documented as well; what providers send is theirs.
      const isOurs = !/^\/(oauth-callback|webhooks)\//.test(path);
      const found = isOurs && status < 400 ? verdict.findings : verdict.answerFindings;
      for (const finding of found) findings.add(finding);
      if (verdict.name === undefined) return;
      const name = `${verdict.name} ${status}`;
      shown.add(name);
      if (!headers.has("x-request-id")) findings.add(`${name}: no x-request-id`);
      for (const finding of formFindings(document, name, { headers, text })) findings.add(finding);
    },
  };
}

/** What is wrong with the media type, the documented headers and the kind of problem. */
function formFindings(
  document: Node,
  name: string,
  { headers, text }: Pick<ApiExchange, "headers" | "text">,
): readonly string[] {
  const [method = "", path = "", status = ""] = name.split(" ");
  const item = (document["paths"] as Record<string, Record<string, Node>>)[path];
  const responses = item?.[method.toLowerCase()]?.["responses"] as Record<string, Node> | undefined;
  const response = resolve(document, responses?.[status]);
  const type = headers.get("content-type")?.split(";")[0];
  const documented = isNode(response["content"]) ? Object.keys(response["content"]) : [];
  const findings: string[] = [];
  if (documented.length > 0 && !documented.includes(type ?? "")) {
    findings.push(`${name}: ${type} is not documented`);
  }
  const promised = isNode(response["headers"]) ? Object.keys(response["headers"]) : [];
  for (const header of ["ETag", "Location", "Allow", "WWW-Authenticate"]) {
    if (promised.includes(header) !== headers.has(header)) {
      findings.push(`${name}: header ${header} is documented or there, and not both`);
    }
  }
  const operation = OPERATIONS.find((one) =>
    one.path === path && one.method === method.toLowerCase()
  );
  const problem = documented.includes("application/problem+json") ? JSON.parse(text).type : null;
  const known = operation ? [...problemsOf(operation)].map(problemType) : [];
  if (problem !== null && problem !== "about:blank" && !known.includes(problem)) {
    findings.push(`${name}: ${problem} is not documented`);
  }
  return findings;
}

function isJson(headers: Headers): boolean {
  return /\bjson\b/.test(headers.get("content-type") ?? "");
}
