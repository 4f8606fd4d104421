/** Another role for a member of a linked environment: the platform and everybody else take it in, and hold to it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeRole } from "../../src/project/members/role.ts";
import { prepareRemoval } from "../../src/sync/link/before-removal.ts";
import { refusalOf } from "../support/refusal.ts";
import { openTestPlatform, type TestPlatform } from "./linked-fixture.ts";
import { makeTeam } from "./team-fixture.ts";

let platform: TestPlatform;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

test("a writer who becomes a reader, and a writer again", async () => {
	using team = await makeTeam(platform, "roles");
	const { ana, ben, carol } = team;
	// What the platform alone has of ben's is taken in before ben writes no more.
	await ben.set({ B: "by ben" });
	await ben.sync();
	const change = async (role: "reader" | "writer") => {
		await prepareRemoval(ana.context, team.target, ["ben"]);
		await changeRole(ana.context, "ben", role);
		return await ana.sync();
	};
	await change("reader");
	expect(await carol.sync()).toMatchObject({ rolledBack: [] });
	expect(await carol.value("B")).toBe("by ben");
	// Ben has not heard of it yet, and what is set there meanwhile is not taken in.
	await ben.set({ A: "too late" });
	expect((await refusalOf(ben.sync())).exit).not.toBe(0);
	await ben.pull(ana);
	await ben.sync();
	expect(await refusalOf(ben.set({ A: "x" }))).toMatchObject({ code: "NOT_A_WRITER", exit: 3 });

	await change("writer");
	await ben.pull(ana);
	await ben.sync();
	await ben.set({ A: "again" });
	expect(await ben.sync()).toMatchObject({ sent: ["A"] });
	await ana.sync();
	expect(await ana.value("A")).toBe("again");
});
