/** Answers that every function gives: the source of their types and of docs/openapi.json. */
import { z } from "zod";

/** The body of every error. */
export const problem = z.object({
  type: z.string().meta({ description: "Decide by this: it never changes its meaning" }),
  title: z.string().meta({ description: "The same words for every occurrence" }),
  status: z.number().int().min(400).max(599),
  detail: z.string().meta({ description: "What could not be done, and the state that kept it" }),
  instance: z.string().meta({ description: "The request's id, to quote" }),
  success: z.literal(false),
  error: z.string().meta({ description: "`detail` again" }),
  code: z.string().meta({ description: "What the EverAfter app decides by" }),
  message: z.string().meta({ description: "`detail` again, to show" }),
  hint: z.string().meta({ description: "What the person can do, to show" }),
}).meta({
  id: "Problem",
  description: "RFC 9457. The first five members are the standard's, the others what the " +
    "EverAfter app reads, so that one answer serves both",
});

/** 401 and 404 of `webhooks`. */
export const refusal = z.object({
  type: z.literal("about:blank"),
  title: z.literal("Refused"),
  success: z.literal(false),
  error: z.string(),
}).meta({
  id: "Refusal",
  description: "The same for every reason, to the byte: a stranger learns nothing from it",
});

/** Of `sync-worker`. */
export const accepted = z.object({
  success: z.literal(true),
  data: z.object({ accepted: z.literal(true) }),
}).meta({ id: "Accepted", description: "The worker is awake; it works after its answer" });
