import { expect, test } from "vitest";
import { uuidFor } from "../../src/base/index.ts";
import { makePlace } from "./place.ts";

const PIPELINE = `definitions:
  agents:
    doctor:
      prompt: "Find out why the step failed."
      provider: script
pipelines:
  custom:
    broken:
      - step:
          script:
            - echo about to break
            - cat does-not-exist.txt
    examine:
      - step:
          auth: { system: { scopes: ["read:pipeline:bitbucket"] } }
          script:
            - agent: doctor
`;

const play = (pipeline: string, step: string): string => `steps:
  - call: analyzePipelineStepFailure
    with: { pipelineUuid: "${pipeline}", stepUuid: "${step}" }
    stop-on-failure: true
  - call: getPipelineStepLog
    with: { pipelineUuid: "${pipeline}", stepUuid: "${step}" }
    save: log
    stop-on-failure: true
  - when: { saved: log, contains: about to break }
    steps: [{ say: "READ-THE-LOG" }]
`;

test("an agent with read:pipeline reads why an earlier run of the repository failed", async () => {
  using place = makePlace({ "bitbucket-pipelines.yml": PIPELINE, ".sallyport/agents/doctor.yml": play("x", "y") });
  expect((await place.sallyport("run", "custom/broken")).code).toBe(1);
  const runs = JSON.parse((await place.sallyport("runs", "--json")).stdout) as readonly { readonly id: string }[];
  const run = runs[0]?.id ?? "";
  place.write({ ".sallyport/agents/doctor.yml": play(uuidFor(run), uuidFor(`${run}/1`)) });
  const ended = await place.sallyport("run", "custom/examine");
  expect(ended.stderr).toContain("READ-THE-LOG");
  expect(ended.code).toBe(0);
});
