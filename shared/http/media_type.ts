import { ProblemError } from "../core/problems.ts";

export const JSON_ONLY: readonly string[] = ["application/json"];

/**
 * Refuses what is not one of `allowed` in UTF-8. With `application/json` alone, a page elsewhere cannot
 * make a browser send the request without a preflight. Throws `media_type_unsupported`.
 */
export function requireMediaType(headers: Headers, allowed = JSON_ONLY): void {
  const header = headers.get("content-type") ?? "";
  if (allowed.includes(header)) return;
  const [type = "", ...parameters] = header.toLowerCase().split(";").map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!allowed.includes(type) || !utf8) {
    throw new ProblemError(
      "media_type_unsupported",
      `Cannot read body: expected ${allowed.join(" or ")}`,
    );
  }
}
