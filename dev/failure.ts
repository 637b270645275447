/** What went wrong in one line for the person at the terminal: no stack trace is printed. */
export class StackFailure extends Error {
  override readonly name = "StackFailure";
}

/** A failure of the stack, with the first line of what caused it, where something did. */
export function failure(message: string, cause?: unknown): StackFailure {
  const because = cause instanceof Error ? cause.message.split("\n")[0] : undefined;
  return new StackFailure(because ? `${message} (${because})` : message, { cause });
}
