import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getSecret, readSession, setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import type { ChangesPage } from "../../src/protocol/messages.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
import type { LinkTarget } from "../../src/sync/client/link-target.ts";
import { Remote } from "../../src/sync/client/platform-client.ts";
import { contextOf, TestProject } from "../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";

let platform: TestPlatform;

beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

/** A second working copy, on another device of the same person, with its own state. */
async function cloneOf(project: TestProject): Promise<SessionContext> {
	const root = join(project.folder, "clone");
	await mkdir(root);
	for (const name of ["coffer.vault", "coffer.json"])
		await copyFile(join(project.root, name), join(root, name));
	return contextOf(root, join(project.folder, "other-state"));
}

async function valueIn(context: SessionContext, name: string): Promise<string> {
	return getSecret((await readSession(context)).session, name).value;
}

/**
 * A remote whose next page of the log is delayed: `meanwhile` runs after the page has arrived, before it is
 * returned.
 */
class LateRemote extends Remote {
	meanwhile: (() => Promise<unknown>) | undefined;

	override async readChanges(app: string, after: number): Promise<ChangesPage> {
		const page = await super.readChanges(app, after);
		const { meanwhile } = this;
		this.meanwhile = undefined;
		await meanwhile?.();
		return page;
	}
}

function late(target: LinkTarget): { target: LinkTarget; remote: LateRemote } {
	const remote = new LateRemote({ url: platform.url, token: platform.core.token });
	return { target: { ...target, remote }, remote };
}

test("an older state that a process has read does not overwrite the result of a later sync", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first" });
	const target = await linkProject(platform, project.context, "late-page");
	const other = await cloneOf(project);
	await syncEnvironment(other, target);

	const set = async (value: string) => {
		await setSecrets(other, new Map([["KEY", value]]));
		await syncEnvironment(other, target);
	};
	await set("second");
	const slow = late(target);
	slow.remote.meanwhile = async () => {
		await set("third");
		await syncEnvironment(project.context, target);
		expect(await valueIn(project.context, "KEY")).toBe("third");
	};
	await syncEnvironment(project.context, slow.target);
	expect(await valueIn(project.context, "KEY")).toBe("third");
	expect((await readSession(project.context)).session.checkout.platform?.revision).toBe(3);
});

test("a decision about a conflict is applied although another process synced meanwhile", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first", OTHER: "1" });
	const target = await linkProject(platform, project.context, "late-decision");
	const other = await cloneOf(project);
	await syncEnvironment(other, target);
	await setSecrets(other, new Map([["KEY", "theirs"]]));
	await syncEnvironment(other, target);
	await project.set({ KEY: "ours" });
	await expect(syncEnvironment(project.context, target)).rejects.toMatchObject({ code: "SYNC_CONFLICT" });

	const slow = late(target);
	slow.remote.meanwhile = async () => {
		await setSecrets(other, new Map([["OTHER", "2"]]));
		await syncEnvironment(other, target);
		await expect(syncEnvironment(project.context, target)).rejects.toMatchObject({ code: "SYNC_CONFLICT" });
	};
	await syncEnvironment(project.context, slow.target, { take: () => "local" });
	expect(await valueIn(project.context, "KEY")).toBe("ours");
	await syncEnvironment(other, target);
	expect(await valueIn(other, "KEY")).toBe("ours");
	expect(await valueIn(project.context, "OTHER")).toBe("2");
});

test("processes that sync concurrently have the same result", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "0" });
	const target = await linkProject(platform, project.context, "at-once");
	const other = await cloneOf(project);
	for (let round = 1; round <= 3; round++) {
		await project.set({ [`A${round}`]: "a" });
		await setSecrets(other, new Map([[`B${round}`, "b"]]));
		await Promise.all(
			[project.context, project.context, other, other].map((each) => syncEnvironment(each, target)),
		);
	}
	await syncEnvironment(project.context, target);
	await syncEnvironment(other, target);
	const names = async (context: SessionContext) => [
		...(await readSession(context)).session.verified.section.records.keys(),
	];
	expect(await names(project.context)).toEqual(await names(other));
	expect(await names(other)).toEqual(["A1", "A2", "A3", "B1", "B2", "B3", "KEY"]);
});

test("a reader that opened the vault before a sync does not overwrite the version marks of the sync", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first" });
	const target = await linkProject(platform, project.context, "slow-reader");
	await project.set({ KEY: "second" });
	const reader = await readSession(project.context);
	reader.session.checkout.seen = "";
	await project.set({ KEY: "third" });
	await syncEnvironment(project.context, target);
	await reader.remember();
	const { checkout, memory } = (await readSession(project.context)).session;
	expect(checkout.platform?.revision).toBe(2);
	expect(memory.marks.get("KEY")?.version).toBe(3);
});
