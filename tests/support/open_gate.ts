import type { ProviderGate } from "@shared/providers/gate.ts";

/** Lets every request through: for what is not about the gate, and for controls that must fail. */
export const OPEN_GATE: ProviderGate = {
  enter: () => Promise.resolve({ kind: "pass", watched: false }),
  leave: () => Promise.resolve(),
};
