import { type ProblemName, PROBLEMS, problemTitle, problemType } from "@shared/core/problems.ts";
import { markdownTable, type Output } from "./output.ts";

/** Every error of the API, for those who write a client. */
export function problemsMd(): Output {
  // SAFETY: the keys of an object literal that nobody extends.
  const names = Object.keys(PROBLEMS) as readonly ProblemName[];
  const rows = names.map((name) => {
    const [status, code, hint] = PROBLEMS[name];
    return [
      `<a id="${name}"></a>\`${problemType(name)}\``,
      String(status),
      problemTitle(name),
      `\`${code}\``,
      hint,
    ];
  });
  return {
    path: "docs/problems.md",
    text:
      `<!-- Generated from shared/core/problems.ts by \`deno task generate\`: change it there. -->
# Problems

Errors are \`application/problem+json\` (RFC 9457): \`type\`, \`title\`, \`status\`, \`detail\` and \`instance\`
(the request's id), and beside them the members that the EverAfter app reads: \`success: false\`, \`error\`,
\`code\`, \`message\`, \`hint\`. Decide by \`type\`; show \`message\` and \`hint\`.

${markdownTable(["type", "status", "title", "code", "hint"], rows)}`,
  };
}
