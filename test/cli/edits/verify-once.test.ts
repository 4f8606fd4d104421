/** How often one command reads and verifies the vault: an edit and the sync after it share one verification. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { SessionCache } from "../../../src/project/session/session-cache.ts";
import { syncEnvironment } from "../../../src/sync/changes/sync.ts";
import type { LinkTarget } from "../../../src/sync/client/link-target.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { TestProject } from "../../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "../../sync/linked-fixture.ts";

// The platform, which runs in this process, uses other functions to verify changes.
vi.mock("../../../src/vault/document/document.ts", { spy: true });
vi.mock("../../../src/vault/document/format.ts", { spy: true });

let platform: TestPlatform;
let project: TestProject;
let target: LinkTarget;
let app = 0;
beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());
beforeEach(async () => {
	project = await TestProject.create();
	await project.set({ A: "a1", B: "b1" });
	target = await linkProject(platform, project.context, `app-${++app}`);
	vi.clearAllMocks();
});
afterEach(() => project[Symbol.dispose]());

/** Like one command, which has its own cache. */
const commandContext = (): SessionContext => ({ ...project.context, cache: new SessionCache() });

function counts(): { parsed: number; verified: number } {
	return {
		parsed: vi.mocked(parseVault).mock.calls.length,
		verified: vi.mocked(verifyChains).mock.calls.length,
	};
}

async function setAndSync(meanwhile: () => void = () => {}): Promise<readonly string[]> {
	const context = commandContext();
	await setSecrets(context, new Map([["A", "a2"]]));
	meanwhile();
	return (await syncEnvironment(context, target)).sent;
}

test("a linked edit with its sync reads the vault once and verifies its chains once", async () => {
	expect(await setAndSync()).toEqual(["A"]);
	expect(counts()).toEqual({ parsed: 1, verified: 1 });
	expect((await project.list()).secrets).toEqual({ A: 2, B: 1 });
});

test("a vault that another process wrote after the edit is read and verified again", async () => {
	const other = { ...project.context };
	const context = commandContext();
	await setSecrets(context, new Map([["A", "a2"]]));
	await setSecrets(other, new Map([["B", "b2"]]));
	vi.clearAllMocks();
	expect((await syncEnvironment(context, target)).sent).toEqual(["A", "B"]);
	expect(counts()).toEqual({ parsed: 1, verified: 1 });
	expect((await project.list()).secrets).toEqual({ A: 2, B: 2 });
});

test("a vault that was damaged after the edit is not synced", async () => {
	await expect(setAndSync(() => appendFileSync(project.path, "damaged\n"))).rejects.toMatchObject({
		exit: 7,
	});
});

test("a vault of the same size that was replaced after the edit is verified again", async () => {
	const swapped = () => {
		const text = readFileSync(project.path, "utf8");
		writeFileSync(project.path, text.replace("\nB\n", "\nC\n"));
	};
	await expect(setAndSync(swapped)).rejects.toMatchObject({ exit: 7 });
});

test("a change that another process synced after the edit is not reverted", async () => {
	const context = commandContext();
	await setSecrets(context, new Map([["A", "a2"]]));
	expect((await syncEnvironment({ ...project.context }, target)).sent).toEqual(["A"]);
	expect((await syncEnvironment(context, target)).sent).toEqual([]);
});
