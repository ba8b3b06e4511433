import process from "node:process";
import { SallyportError, Secret } from "../../base/index.ts";
import { writeCredential } from "../../secrets/index.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../command.ts";
import { stateHome } from "../home.ts";
import { MODEL_PROVIDERS } from "../model-endpoints.ts";
import { readSecret } from "../read-secret.ts";

/** Agent providers that a person may name, each with the model provider that it calls. */
const CALLED_BY: Readonly<Record<string, string>> = { claude: "anthropic", codex: "openai" };

/** `sallyport login PROVIDER`: the key comes from standard input or a hidden prompt, never from the arguments. */
export async function login(args: Arguments, { output, environment }: Session): Promise<number> {
  const provider = readProvider(args.positionals[0] ?? "");
  const baseUrl = readBaseUrl(args.text("base-url"));
  const key = await readSecret(process.stdin, process.stderr, `key for ${provider} (not shown): `);
  if (!/^[\x21-\x7e]{1,4096}$/.test(key)) {
    throw new SallyportError(
      "usage",
      "the key must be one line of visible ASCII characters, at most 4,096; none was stored.",
    );
  }
  const address = baseUrl === null ? {} : { baseUrl };
  writeCredential(stateHome(environment), provider, { key: new Secret(key), ...address });
  output.line(`stored the key for ${provider}${baseUrl === null ? "" : `, to be used at ${baseUrl}`}`);
  return 0;
}

function readProvider(text: string): string {
  if (Object.hasOwn(MODEL_PROVIDERS, text)) return text;
  const called = Object.hasOwn(CALLED_BY, text) ? CALLED_BY[text] : undefined;
  if (called !== undefined) {
    throw new SallyportError("usage", `the agent provider ${text} calls ${called}; run: sallyport login ${called}`);
  }
  throw new SallyportError(
    "usage",
    `a key belongs to one of ${Object.keys(MODEL_PROVIDERS).join(", ")}, not "${text}".`,
  );
}

/** An address without user, query or fragment; in clear only on this machine. */
function readBaseUrl(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new SallyportError("usage", "--base-url is an http or https address.");
  }
  // The text is not repeated: it may hold a password.
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new SallyportError(
      "usage",
      "--base-url takes neither user, query nor fragment; the key comes from standard input.",
    );
  }
  const local = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !local) {
    throw new SallyportError("usage", "--base-url must be https: to another machine the key would travel in clear.");
  }
  return url.href.replace(/\/$/, "");
}
