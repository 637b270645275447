import assert from "node:assert/strict";
import { z } from "zod";
import type { Operation } from "@shared/api/operations/operation.ts";
import { openapi } from "../../../tools/generate/openapi.ts";
import { operationObject } from "../../../tools/generate/openapi/path_item.ts";
import { createSchemas } from "../../../tools/generate/openapi/schemas.ts";

const read = (operation: Partial<Operation>): Operation => ({
  id: "readIt",
  method: "get",
  path: "/it/{provider}",
  tag: "metrics",
  summary: "Read it",
  caller: "person",
  answers: { 200: { description: "It", schema: z.object({ it: z.string() }) } },
  ...operation,
});

Deno.test("createSchemas() leaves answers open and inputs closed", () => {
  const schemas = createSchemas();
  const answer = schemas.answer(z.object({ a: z.string().optional() }));
  assert.deepEqual(answer, { type: "object", properties: { a: { type: "string" } } });
  schemas.input(z.strictObject({ a: z.string().optional() }), "It");
  assert.equal(schemas.components()["It"]?.["additionalProperties"], false);
});

Deno.test("createSchemas() keeps what is sent and what is answered apart, by name", () => {
  const schemas = createSchemas();
  const order = z.object({ all: z.array(z.string()).default([]) }).meta({ id: "Order" });
  assert.deepEqual(schemas.answer(order), { $ref: "#/components/schemas/Order" });
  schemas.input(z.strictObject({ order }), "SetIt");
  const { Order, OrderInput, SetIt } = schemas.components();
  assert.deepEqual(Order?.["required"], ["all"]);
  assert.equal(OrderInput?.["required"], undefined);
  assert.deepEqual(SetIt?.["properties"], { order: { $ref: "#/components/schemas/OrderInput" } });
});

Deno.test("createSchemas() refuses two schemas of one name", () => {
  const schemas = createSchemas();
  const called = (schema: z.ZodType) => schema.meta({ id: "Same" });
  schemas.answer(called(z.string()));
  schemas.answer(called(z.string()));
  assert.throws(() => schemas.answer(called(z.number())), /^Error: Cannot name schema Same: two/);
});

Deno.test("operationObject() writes a query's list with commas, and numbers as numbers", () => {
  const input = z.strictObject({
    types: z.union([z.string().transform((text) => text.split(",")), z.array(z.string())])
      .meta({ description: "Which" }),
    limit: z.union([z.number(), z.string().transform(Number)]).pipe(z.number().int().max(9))
      .meta({ type: "integer", maximum: 9 }).prefault(5),
  });
  const { parameters } = operationObject(read({ input }), createSchemas());
  assert.deepEqual(parameters, [
    { $ref: "#/components/parameters/provider" },
    {
      name: "types",
      in: "query",
      required: true,
      description: "Which",
      schema: { type: "array", items: { type: "string" } },
      style: "form",
      explode: false,
    },
    { name: "limit", in: "query", schema: { type: "integer", maximum: 9, default: 5 } },
  ]);
});

Deno.test("operationObject() lists the problems of its caller and its own, by status", () => {
  const operation = read({ problems: ["provider_unknown", "connection_not_found"] });
  const { responses, security } = operationObject(operation, createSchemas());
  const described = Object.entries(responses as Record<string, { readonly description: string }>)
    .map(([status, { description }]) => [status, description]);
  assert.deepEqual(described, [
    ["200", "It"],
    ["401", "`session_missing`, `session_invalid`, `session_expired`"],
    ["404", "`provider_unknown`, `connection_not_found`"],
    ["415", "`media_type_unsupported`"],
    ["429", "`rate_limited`"],
    ["500", "`internal`"],
    ["503", "`unavailable`"],
  ]);
  assert.deepEqual(security, [{ session: [] }]);
});

Deno.test("openapi() writes one document twice, and every reference in it leads somewhere", async () => {
  const [file, module] = openapi();
  const document = JSON.parse(file?.text ?? "");
  const source = `data:text/javascript,${encodeURIComponent(module?.text ?? "")}`;
  assert.deepEqual(JSON.parse((await import(source)).OPENAPI_DOCUMENT), document);
  const references = [...(file?.text ?? "").matchAll(/"\$ref": "#\/([^"]+)"/g)];
  assert.ok(references.length > 500);
  for (const [, path = ""] of references) {
    let target = document;
    for (const key of path.split("/")) target = target?.[key];
    assert.ok(target, path);
  }
});
