/** Errors with exit status 7 whose hint names a command: the printed command makes the vault usable again. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Base44Server } from "../../support/services/base44-server.ts";
import { commit } from "../support/clone.ts";
import { commandsIn, committed, expectUsable, follow, refusal } from "../support/hints.ts";
import { ForgingProxy } from "../support/network/forging-proxy.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, Project } from "../support/project.ts";

describe("a link with a platform", () => {
	let platform: PlatformAccess;
	let moved: ForgingProxy;
	beforeAll(async () => {
		platform = await sharedPlatform();
		moved = await new ForgingProxy(platform.control).listen();
	});
	afterAll(async () => {
		await moved?.[Symbol.asyncDispose]();
		await platform?.[Symbol.asyncDispose]();
	});
	/** A linked project whose coffer.json then names the other address. */
	const movedProject = async (app: string) => {
		const project = await committed();
		project.variables["COFFER_TOKEN"] = platform.token;
		await project.ok(["link", platform.control, "--app", app]);
		await commit(project, "Link");
		project.write("coffer.json", project.read("coffer.json").replace(platform.control, moved.url));
		return project;
	};

	test("LINK_MOVED: the hint works if coffer.json names an address that this device has never linked", async () => {
		await using project = await movedProject("moved-1");
		await follow(project, await refusal(project, ["sync"], "LINK_MOVED"));
		await project.ok(["sync"]);
		await expectUsable(project);
	});

	test("LINK_MOVED: the hint works if this device knows the other address from another project", async () => {
		await using project = await movedProject("moved-2");
		await using other = new Project({ identity: project.identity ?? "none" });
		const { machine: _, ...variables } = { machine: other.machine, ...project.variables };
		other.variables = variables;
		await other.ok(["init"]);
		await other.ok(["link", moved.url, "--app", "other"]);
		const hint = await refusal(project, ["sync"], "LINK_MOVED");
		expect(commandsIn(hint)[0]).toBe(`coffer link ${moved.url} --app moved-2`);
		await follow(project, hint);
		await project.ok(["sync"]);
		await expectUsable(project);
		project.write("coffer.json", project.read("coffer.json").replace(moved.url, platform.control));
		await follow(project, await refusal(project, ["sync"], "LINK_MOVED"), 1);
		await follow(project, await refusal(project, ["sync"], "LINK_MOVED"));
		await expectUsable(project);
	});

	test("LINK_FOREIGN: the hint takes the right coffer.json from git, or links the vault again", async () => {
		await using project = await committed();
		await link(project, platform);
		await commit(project, "Link");
		await using other = await committed();
		other.variables["COFFER_TOKEN"] = platform.token;
		await other.ok(["link", platform.control, "--app", `${APP}-2`]);
		project.write("coffer.json", other.read("coffer.json"));
		const hint = await refusal(project, ["sync"], "LINK_FOREIGN");
		await follow(project, hint);
		await expectUsable(project);
		project.write("coffer.json", other.read("coffer.json"));
		expect(commandsIn(hint)[1]).toBe(`coffer link ${platform.control} --app ${APP}-3`);
		await follow(project, hint, 1);
		await project.ok(["sync"]);
		await expectUsable(project);
	});

	test("STATE_DAMAGED: the hint deletes the list of linked platforms, and the next error says how to link again", async () => {
		await using project = await committed();
		project.variables["COFFER_TOKEN"] = platform.token;
		await project.ok(["link", platform.control, "--app", "damaged"]);
		writeFileSync(join(project.machine, "state", "coffer", "platforms.json"), "{");
		await follow(project, await refusal(project, ["sync"], "STATE_DAMAGED"));
		const { hint } = (await project.coffer(["sync", "--json"])).error();
		expect(commandsIn(hint)[0]).toBe(`coffer link ${platform.control} --app damaged`);
		await follow(project, hint);
		await project.ok(["sync"]);
		await expectUsable(project);
	});
});

test("TARGET_MOVED and LINK_FOREIGN with Base44: the hint links again, or takes the right coffer.json from git", async () => {
	await using base44 = await new Base44Server().start();
	await using other = await new Base44Server().start();
	await using project = await committed({ env: { BASE44_API_KEY: base44.key } });
	await project.ok(["link", "base44", "--url", base44.origin, "--app", base44.app]);
	await commit(project, "Link");
	const config = project.read("coffer.json");
	project.variables["BASE44_API_KEY"] = other.key;
	project.write("coffer.json", config.replace(base44.origin, other.origin).replace(base44.app, other.app));
	await follow(project, await refusal(project, ["sync"], "TARGET_MOVED"));
	await project.ok(["sync"]);
	expect(other.secrets.get("A")).toBe("first");

	await using foreign = await committed();
	const { vault } = JSON.parse(config).links.production;
	project.write(
		"coffer.json",
		project.read("coffer.json").replace(vault, foreign.vault.split(/\s/)[2] ?? ""),
	);
	const hint = await refusal(project, ["sync"], "LINK_FOREIGN");
	await follow(project, hint, 1);
	await project.ok(["sync"]);
	await follow(project, hint);
	project.variables["BASE44_API_KEY"] = base44.key;
	await follow(project, await refusal(project, ["sync"], "TARGET_MOVED"));
	await expectUsable(project);
});

/** The files of a device's state whose name matches. */
function memoryFiles(project: Project, name: RegExp): string[] {
	const folder = join(project.machine, "state", "coffer");
	return readdirSync(folder, { recursive: true })
		.map(String)
		.filter((path) => name.test(path))
		.map((path) => join(folder, path));
}

test("STATE_DAMAGED: the vault is usable after the user deletes any one file of the device's state", async () => {
	await using project = await committed();
	const files = memoryFiles(project, /\.json$/);
	expect(files.length).toBeGreaterThan(1);
	for (const file of files) {
		writeFileSync(file, readFileSync(file, "utf8").replace(/.$/s, "x"));
		await follow(project, await refusal(project, ["secrets", "set", "C=1"], "STATE_DAMAGED"));
		await expectUsable(project);
	}
});

describe("the hint repairs an invalid vault file", () => {
	const DAMAGES: Record<string, { code: string; damage: (text: string) => string }> = {
		"a record is altered": {
			code: "RECORD_FORGED",
			damage: (text) =>
				text.replace(/(\nA\nv1 live .*) (\S)(\S+)\n/, (_, a, c, d) => `${a} ${c === "A" ? "B" : "A"}${d}\n`),
		},
		"a membership link is altered": {
			code: "VAULT_LINK_FORGED",
			damage: (text) =>
				text.replace(/(\nlink 1 .*) (\S)(\S+)\n/, (_, a, c, d) => `${a} ${c === "A" ? "B" : "A"}${d}\n`),
		},
		"the end is missing": { code: "VAULT_TRUNCATED", damage: (text) => text.slice(0, -30) },
	};
	test.each(Object.entries(DAMAGES))("%s", async (_, { code, damage }) => {
		await using project = await committed();
		project.vault = damage(project.vault);
		const hint = await refusal(project, ["secrets", "get", "A"], code);
		await follow(project, hint);
		await expectUsable(project);
		expect(await project.reveal("A")).toBe("first");
	});

	test("with the CRLF line ends that git wrote on checkout", async () => {
		await using project = await committed();
		project.write(".gitattributes", "");
		await commit(project, "No attributes");
		await project.git("config", "core.autocrlf", "true");
		await project.git("rm", "--quiet", "--cached", "coffer.vault");
		await project.git("reset", "--quiet", "--hard");
		expect(project.vault).toContain("\r\n");
		const hint = await refusal(project, ["secrets", "get", "A"], "VAULT_MALFORMED");
		const [, line = ""] = /the line '(.*?)' to the end of \.gitattributes/.exec(hint) ?? [];
		project.write(".gitattributes", `${line}\n`);
		await follow(project, hint);
		await expectUsable(project);
	});
});
