/** The device remembers the text that agrees with the platform, so a sync compares only edited records. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSession, setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { pendingNames } from "../../src/project/session/sync-state.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
import { contextOf, TestProject } from "../project/project.ts";
import { refusalOf } from "../support/refusal.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";

let platform: TestPlatform;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

async function agreement(context: SessionContext) {
	const { session } = await readSession(context);
	const memory = session.checkout.platform;
	return { isAgreed: memory?.agreed === session.digest, pending: pendingNames(session.snapshot, memory) };
}

test("after a sync the text is agreed, after an edit it is not, and an undone edit is agreed again", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one", B: "two" });
	const { context } = project;
	const target = await linkProject(platform, context, "agreed");
	await syncEnvironment(context, target);
	expect(await agreement(context)).toEqual({ isAgreed: true, pending: [] });
	const text = await project.read();
	await project.set({ B: "three", C: "four" });
	expect(await agreement(context)).toEqual({ isAgreed: false, pending: ["B", "C"] });
	await project.write(text);
	expect(await agreement(context)).toEqual({ isAgreed: true, pending: [] });
});

test("after a conflict no text is agreed: a file from before is older than what the platform has", async () => {
	using project = await TestProject.create();
	await project.set({ A: "one", B: "one" });
	const { context } = project;
	const target = await linkProject(platform, context, "conflicted");
	await syncEnvironment(context, target);
	const clone = contextOf(join(project.folder, "clone"), join(project.folder, "other-state"));
	await mkdir(clone.root);
	for (const name of ["coffer.vault", "coffer.json"])
		await copyFile(join(context.root, name), join(clone.root, name));
	await setSecrets(
		clone,
		new Map([
			["A", "theirs"],
			["B", "theirs"],
		]),
	);
	await syncEnvironment(clone, target);
	const before = await readFile(project.path);
	await project.set({ A: "ours" });
	expect(await refusalOf(syncEnvironment(context, target))).toMatchObject({ code: "SYNC_CONFLICT" });
	await writeFile(project.path, before);
	const { isAgreed, pending } = await agreement(context);
	expect({ isAgreed, pending }).toEqual({ isAgreed: false, pending: ["B"] });
});
