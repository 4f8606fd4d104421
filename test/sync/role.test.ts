/**
 * A new role for a member of a linked environment: the platform and the other members accept and enforce it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeMembers } from "../../src/project/members/remove-members.ts";
import { changeRole } from "../../src/project/members/role.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
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
	// A change by ben that only the platform has is merged before ben becomes a reader.
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
	// Ben's device does not know of it yet. What ben sets there meanwhile is refused.
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

test("a removal without a sync waits while the platform has a newer record of the removed member", async () => {
	using team = await makeTeam(platform, "removal-waits");
	const { ana, ben, carol } = team;
	const before = await team.ana.vault();
	await ben.set({ A: "by ben" });
	await ben.sync();
	await ana.sync();
	// Somebody restores an older file with git, and then removes ben with --no-sync.
	await team.project.write(before);
	await removeMembers(ana.context, ["ben"]);
	const log = await team.log();
	expect(await ana.sync()).toMatchObject({ rolledBack: ["A"], sent: [] });
	expect(await team.log()).toEqual(log);
	expect(await carol.value("B")).toBe("b1");
	const taken = await syncEnvironment(ana.context, team.target, { take: () => "platform" });
	expect(taken).toMatchObject({ rolledBack: [], taken: ["A"] });
	await carol.pull(ana);
	await carol.sync();
	expect(await carol.value("A")).toBe("by ben");
});
