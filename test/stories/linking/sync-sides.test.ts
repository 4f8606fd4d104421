/** What a user sees who must decide between the vault's value of a secret and the synced one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Base44Server } from "../../support/services/base44-server.ts";
import { commit } from "../support/clone.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const WHEN = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC";
const DOWN = "\u001b[B";

describe("sides of a conflict with a Coffer platform", () => {
	let platform: PlatformAccess;
	let ana: Project;
	let ben: Project;
	beforeAll(async () => {
		[ana, platform] = await Promise.all([newProject(), sharedPlatform()]);
		ben = new Project();
		const { publicKey } = await ben.data(["identity", "show"]);
		await ana.ok(["secrets", "set", "A=0"]);
		await ana.ok(["members", "add", publicKey, "--name", "ben@desk"]);
		await link(ana, platform);
		await ana.git("init", "--quiet");
		await commit(ana, "Start");
		await ben.git("clone", "--quiet", ana.root, ".");
		ben.variables["COFFER_TOKEN"] = ana.variables["COFFER_TOKEN"];
		ben.variables["COFFER_ORIGIN"] = ana.linkedAt;
		await ben.ok(["sync"]);
	});
	afterAll(async () => {
		await ana?.[Symbol.asyncDispose]();
		await ben?.[Symbol.asyncDispose]();
		await platform?.[Symbol.asyncDispose]();
	});

	test("shows each side of a changed secret by author, version and date, and applies the choice", async () => {
		await ben.ok(["secrets", "set", "A=value-of-ben"]);
		await ana.ok(["secrets", "set", "A=value-of-ana-1", "--no-sync"]);
		await ana.ok(["secrets", "set", "A=value-of-ana-2", "--no-sync"]);
		const answered = await onTerminal(ana, ["sync"], [{ question: "Which value is right?", answer: DOWN }]);
		const { name } = (await ana.data(["members", "list"])).members.find(
			({ self }: { self: boolean }) => self,
		);
		expect(answered.shown).toContain(`this vault: v3 by ${name}, not committed yet`);
		expect(answered.shown).toMatch(new RegExp(`platform: v2 by ben@desk, ${WHEN}`));
		expect(answered.shown).not.toContain("value-of");
		expect(answered.status).toBe(0);
		expect(await ana.reveal("A")).toBe("value-of-ben");
	});

	test("prints both sides before the error without a terminal", async () => {
		await ben.ok(["sync"]);
		await ben.ok(["secrets", "delete", "A"]);
		await ana.ok(["secrets", "set", "A=value-of-ana-3", "--no-sync"]);
		await commit(ana, "Set A");
		const stopped = await ana.coffer(["sync"]);
		expect(stopped.status).toBe(5);
		expect(stopped.stderr).toMatch(new RegExp(`this vault: v\\d by \\S+, ${WHEN}`));
		expect(stopped.stderr).toMatch(new RegExp(`platform: v3, deleted, by ben@desk, ${WHEN}`));
		expect(stopped.stderr).not.toContain("value-of");
		await ana.ok(["sync", "--take", "local"]);
		expect(await ana.reveal("A")).toBe("value-of-ana-3");
	});

	test("lists both sides of each name of an older file in the question", async () => {
		await commit(ana, "Sync");
		await ana.ok(["secrets", "set", "A=value-of-ana-4", "GONE=value-of-gone"]);
		await ana.git("checkout", "--quiet", "coffer.vault");
		const answers = [{ question: "Which values are right?", answer: "" }];
		const { shown, status } = await onTerminal(ana, ["sync"], answers);
		expect(shown).toMatch(
			new RegExp(`A\\s+this vault: v\\d by \\S+, ${WHEN}\\s+platform: v\\d by \\S+, ${WHEN}`),
		);
		expect(shown).toMatch(new RegExp(`GONE\\s+this vault: absent\\s+platform: v1 by \\S+, ${WHEN}`));
		expect(shown).not.toContain("value-of");
		expect(status).toBe(0);
		expect(await ana.reveal("GONE")).toBe("value-of-gone");
	});
});

test("a conflict with Base44 shows what this device sent there, by author and date if a commit has it", async () => {
	await using base44 = await new Base44Server().start();
	await using ana = await newProject({ env: { BASE44_API_KEY: base44.key } });
	await ana.git("init", "--quiet");
	await ana.ok(["secrets", "set", "KEPT=value-1", "LOST=value-1"]);
	await ana.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	await commit(ana, "Start");
	const start = ana.vault;
	await ana.ok(["secrets", "set", "KEPT=value-2"]);
	await commit(ana, "Set KEPT");
	await ana.ok(["secrets", "set", "LOST=value-2"]);
	ana.vault = start;
	const answers = [{ question: "What should happen?", answer: DOWN }];
	const { shown, status } = await onTerminal(ana, ["sync"], answers);
	expect(shown).toMatch(
		new RegExp(
			`KEPT\\s+this vault: v1 by \\S+, ${WHEN}\\s+Base44: v2 by \\S+, ${WHEN}, sent from this device`,
		),
	);
	expect(shown).toMatch(
		new RegExp(
			`LOST\\s+this vault: v1 by \\S+, ${WHEN}\\s+Base44: v2, sent from this device; Base44 does not report the author`,
		),
	);
	expect(shown).not.toContain("value-");
	expect(status).toBe(0);
	expect(base44.secrets.get("LOST")).toBe("value-1");
});
