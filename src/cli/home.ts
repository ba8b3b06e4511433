import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { SallyportError } from "../base/index.ts";

/** The state directory (design, section 8): `$SALLYPORT_HOME`, else below the user's own folder for state (XDG Base Directory). */
export function stateHome(environment: Readonly<Record<string, string | undefined>>): string {
  const own = environment["SALLYPORT_HOME"];
  if (own !== undefined && own !== "") {
    if (isAbsolute(own)) return own;
    throw new SallyportError("usage", `SALLYPORT_HOME must be an absolute path, not "${own}".`);
  }
  // The specification says that a relative path there is to be ignored.
  const xdg = environment["XDG_STATE_HOME"];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".local/state"), "sallyport");
}
