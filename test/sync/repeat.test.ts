/** A sync reports only what it has sent itself, and nothing that somebody else had sent before. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestPlatform, type TestPlatform } from "./linked-fixture.ts";
import { makeTeam } from "./team-fixture.ts";

let platform: TestPlatform;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

test("a teammate who got the change from git does not send it again", async () => {
	using team = await makeTeam(platform, "repeat");
	const { ana, ben } = team;
	await ana.set({ A: "a2", C: "c1" });
	expect(await ana.sync()).toMatchObject({ sent: ["A", "C"] });
	await ben.pull(ana);
	expect(await ben.sync()).toMatchObject({ sent: [], taken: [] });
	await ben.set({ A: "a3" });
	expect(await ben.sync()).toMatchObject({ sent: ["A"], taken: [] });
});
