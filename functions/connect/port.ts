import type { Begun, ProviderInfo, Source } from "@shared/api/connect.ts";

/** What a person does with links; `userId` is always the session's. */
export interface ConnectPort {
  begin(ask: {
    readonly userId: string;
    readonly provider: string;
    readonly returnTo?: string;
    readonly region?: string;
    readonly service?: string;
  }): Promise<Begun>;
  /** Links by what a person typed (Nightscout's site and token). */
  signIn(ask: {
    readonly userId: string;
    readonly provider: string;
    readonly typed: Readonly<Record<string, string>>;
  }): Promise<Source>;
  complete(ask: { readonly userId: string; readonly ticket: string }): Promise<Source>;
  providers(): Promise<readonly ProviderInfo[]> | readonly ProviderInfo[];
  sources(ask: { readonly userId: string }): Promise<readonly Source[]>;
  sync(ask: {
    readonly userId: string;
    readonly provider: string;
    readonly days?: number;
  }): Promise<{ readonly jobs: number }>;
  disconnect(ask: { readonly userId: string; readonly provider: string }): Promise<{
    readonly disconnected: number;
    readonly revoked: "queued" | "unsupported";
  }>;
}
