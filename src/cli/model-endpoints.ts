import type { BrokerOptions } from "../broker/index.ts";
import { readCredential } from "../secrets/index.ts";

/** The providers that `login` knows, with the address of each one's API. */
export const MODEL_PROVIDERS = {
  anthropic: { style: "anthropic", baseUrl: "https://api.anthropic.com" },
  openai: { style: "openai", baseUrl: "https://api.openai.com" },
} as const;

/** Model endpoints with the credentials of the state directory, read anew for each call and never kept. */
export function modelEndpoints(home: string): BrokerOptions["models"] {
  return Object.fromEntries(
    Object.entries(MODEL_PROVIDERS).map(([name, { style, baseUrl }]) => {
      const stored = () => readCredential(home, name);
      return [
        name,
        { style, baseUrl: stored()?.baseUrl ?? baseUrl, credential: async () => stored()?.key ?? null },
      ] as const;
    }),
  );
}
