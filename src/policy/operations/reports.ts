import type { Operation } from "../operation.ts";
import { COMMIT, COMMIT_NAME, inBody, inPath, NEWER, PAGING, READ_REPOSITORY, rest, WRITE_REPOSITORY } from "./row.ts";

const REPORT = `${COMMIT}/reports/{report_id}`;
const ANNOTATION = `${REPORT}/annotations/{annotation_id}`;
const OF_REPORT = [COMMIT_NAME, inPath("reportId", "report_id", "string")];
const OF_ANNOTATION = [...OF_REPORT, inPath("annotationId", "annotation_id", "string")];

/**
 * Code Insights: reports on a commit and their annotations. Bitbucket lets a reader write them; here the method decides
 * (design, rule 1). They satisfy no merge check, so they are no human gate.
 */
export const REPORT_ROWS: readonly Operation[] = [
  rest("reports.list", "GET", `${COMMIT}/reports`, {
    scopes: [READ_REPOSITORY],
    arguments: [COMMIT_NAME, ...PAGING],
    source: NEWER,
  }),
  rest("reports.get", "GET", REPORT, { scopes: [READ_REPOSITORY], arguments: OF_REPORT, source: NEWER }),
  rest("reports.put", "PUT", REPORT, {
    scopes: [WRITE_REPOSITORY],
    arguments: [
      ...OF_REPORT,
      inBody("title", "title"),
      inBody("details", "details"),
      inBody("reportType", "report_type"),
      inBody("reporter", "reporter"),
      inBody("link", "link"),
      inBody("result", "result"),
    ],
    alsoInBody: ["data"],
    source: NEWER,
  }),
  rest("reports.delete", "DELETE", REPORT, { scopes: [WRITE_REPOSITORY], arguments: OF_REPORT, source: NEWER }),
  rest("annotations.list", "GET", `${REPORT}/annotations`, {
    scopes: [READ_REPOSITORY],
    arguments: [...OF_REPORT, ...PAGING],
    source: NEWER,
  }),
  rest("annotations.get", "GET", ANNOTATION, { scopes: [READ_REPOSITORY], arguments: OF_ANNOTATION, source: NEWER }),
  rest("annotations.put", "PUT", ANNOTATION, {
    scopes: [WRITE_REPOSITORY],
    arguments: [
      ...OF_ANNOTATION,
      inBody("summary", "summary"),
      inBody("details", "details"),
      inBody("annotationType", "annotation_type"),
      inBody("severity", "severity"),
      inBody("result", "result"),
      inBody("path", "path"),
      inBody("line", "line", "integer"),
      inBody("link", "link"),
    ],
    source: NEWER,
  }),
  rest("annotations.delete", "DELETE", ANNOTATION, {
    scopes: [WRITE_REPOSITORY],
    arguments: OF_ANNOTATION,
    source: NEWER,
  }),
];
