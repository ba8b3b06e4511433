import type { Authority } from "../authority/index.ts";
import { operationById } from "../policy/index.ts";
import { explainDenial, summarize } from "./denial.ts";
import { sendError, type Route } from "./exchange.ts";

/** `/pkg/…`: no registry is granted in this version; the attempt is judged and recorded. */
export function createPackageRoute(authority: Authority): Route {
  return async ({ caller, request, response, path }) => {
    const outcome = await authority.perform(
      caller.admission.token.reveal(),
      {
        operation: operationById("package.get"),
        resource: { repository: null, arguments: {} },
        door: "package",
        summary: summarize(`${request.method ?? ""} ${path}`),
      },
      () => Promise.resolve(),
    );
    if (outcome.allowed) sendError(response, 501, "This version serves no package registry.");
    else sendError(response, 403, explainDenial(outcome.denial));
  };
}
