import type { Told } from "../api/told.ts";
import type { refusal } from "../api/common_answers.ts";
import type { Answer } from "./answer.ts";

const REFUSAL: Told<typeof refusal> = {
  type: "about:blank",
  title: "Refused",
  success: false,
  error: "Cannot accept the request: refused",
};
const BODY = JSON.stringify(REFUSAL);
const HEADERS = { "content-type": "application/problem+json; charset=utf-8" };

/**
 * Makes each 401 and 404 the same, to the byte: a stranger cannot learn which providers, paths, secrets
 * or people there are. The request id in the header still finds the line in the log.
 */
export function uniformRefusal(answer: Answer): Answer {
  const { status } = answer;
  return status === 401 || status === 404 ? { status, body: BODY, headers: HEADERS } : answer;
}
