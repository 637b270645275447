/** What token endpoints answer, well and badly. Values marked `test-leak` must be shown nowhere. */

export const GOOD = {
  access_token: "test-leak-new-access",
  refresh_token: "test-leak-new-refresh",
  token_type: "bearer",
  expires_in: 3_600,
};

/** Answers of a token endpoint that give no tokens: each a body and its status. */
export const MALFORMED: readonly (readonly [body: string, status?: number])[] = [
  ["<html>test-leak</html>"],
  ["<html>test-leak</html>", 400],
  [""],
  ["null"],
  ["[]"],
  ['"test-leak"'],
  ["{}"],
  ['{"access_token":"test-leak"'],
  [JSON.stringify({ ...GOOD, access_token: 7 })],
  [JSON.stringify({ ...GOOD, access_token: "" })],
  [JSON.stringify({ ...GOOD, access_token: "test-leak\r\nx-evil: 1" })],
  [JSON.stringify({ ...GOOD, access_token: "é".repeat(4) })],
  [JSON.stringify({ ...GOOD, refresh_token: "test-leak\n" })],
  [JSON.stringify({ ...GOOD, access_token: "a".repeat(20_000) })],
  [JSON.stringify({ ...GOOD, expires_in: -1 })],
  [JSON.stringify({ ...GOOD, expires_in: 1e20 })],
  [JSON.stringify({ ...GOOD, expires_in: "soon" })],
  [JSON.stringify({ ...GOOD, token_type: "mac" })],
  [JSON.stringify({ error: "invalid_client", error_description: "test-leak" }), 401],
];
