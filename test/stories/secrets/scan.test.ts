/** `coffer scan` finds the vault's values, says where and which, and never prints them. */
import { symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { encodingsOf } from "../../../src/value-forms.ts";
import { commit } from "../support/clone.ts";
import { newIdentityText, newProject, type Project } from "../support/project.ts";

const KEY = 'sk "live"/0123456789&abcdef';
const PREVIEW = "preview-0123456789-value";

async function makeProject(): Promise<Project> {
	const project = await newProject();
	await project.git("init", "--quiet");
	await project.ok(["environments", "create", "preview"]);
	await project.ok(["secrets", "set", "KEY", "--stdin"], { input: KEY });
	await project.ok(["secrets", "set", "FLAG=true", "PORT=80"]);
	await project.ok(["secrets", "set", "OTHER", "--stdin", "-e", "preview"], { input: PREVIEW });
	return project;
}

/** Whether a text has eight characters of a value in sequence, in any form. */
function showsValue(text: string): boolean {
	const forms = [KEY, PREVIEW].flatMap((value) => {
		const { exact, packed } = encodingsOf(value);
		return [...exact.keys(), ...packed.keys()];
	});
	return forms.some((form) => {
		for (let at = 0; at + 8 <= form.length; at++) if (text.includes(form.slice(at, at + 8))) return true;
		return false;
	});
}

test("each mode finds every form in every environment, exits with 8, and prints no part of a value", async () => {
	await using project = await makeProject();
	const { exact, packed } = encodingsOf(KEY);
	const forms = [...exact, ...packed];
	for (const [index, [text]] of forms.entries())
		project.write(
			`f${index}`,
			Buffer.concat([Buffer.from("é ".repeat(131_060)), Buffer.from(text, "latin1")]),
		);
	project.write("preview.txt", `a\n${PREVIEW}`);
	await project.git("add", "--all");
	await commit(project, "Leak");
	const expected = [...forms.map(([, form], index) => `f${index} KEY production ${form}`)];
	expected.push("preview.txt OTHER preview raw");
	for (const mode of [[], ["--staged"], ["--history"]]) {
		const { status, stdout, stderr } = await project.kept(["scan", ...mode, "--json"]);
		expect(status).toBe(8);
		const scan = JSON.parse(stdout);
		const found = scan.findings.map(
			(one: Record<string, string>) => `${one["file"]} ${one["name"]} ${one["environment"]} ${one["form"]}`,
		);
		expect(found.sort()).toEqual(expected.sort());
		expect(scan.short.map(({ name }: { name: string }) => name)).toEqual(["FLAG", "PORT"]);
		expect(JSON.parse(stderr).error).toMatchObject({ code: "VALUES_FOUND", exit: 8 });
		const text = await project.coffer(["scan", ...mode]);
		expect(text.status).toBe(8);
		expect(text.stdout).toMatch(/^preview\.txt:2:1 +OTHER +preview +raw/m);
		expect(text.stderr).toContain("coffer secrets set KEY");
		expect([stdout, stderr, text.stdout, text.stderr].filter(showsValue)).toEqual([]);
	}
});

test("nothing found is status 0, with the secrets that were too short to be searched for", async () => {
	await using project = await makeProject();
	project.write("a.ts", "true 80");
	const { status, stdout } = await project.kept(["scan"]);
	expect(status).toBe(0);
	expect(stdout).toMatch(/Nothing found: \d+ files, values of preview, production\./);
	expect(stdout).toContain("FLAG (production), PORT (production)");
	await project.ok(["scan", "--staged"]);
});

test("an environment that this device cannot open is named; the values of the others are searched for", async () => {
	await using project = await makeProject();
	const reader = newIdentityText();
	const shown = await project.data(["identity", "show"], { env: { COFFER_IDENTITY: reader } });
	await project.ok([
		"members",
		"add",
		shown.publicKey,
		"--name",
		"reader",
		"--role",
		"reader",
		"-e",
		"preview",
	]);
	project.writeAll({ "a.ts": KEY, "b.ts": PREVIEW });
	const env = { COFFER_IDENTITY: reader };
	const scan = await project.kept(["scan", "--json"], { env });
	expect(scan.status).toBe(8);
	expect(scan.json()).toMatchObject({
		findings: [{ file: "b.ts", name: "OTHER" }],
		closed: [{ environment: "production", code: "NOT_A_MEMBER" }],
		environments: ["preview"],
		warnings: [expect.stringContaining("cannot open production")],
	});
	const stranger = await project.kept(["scan", "--json"], { env: { COFFER_IDENTITY: newIdentityText() } });
	expect(stranger.status).toBe(3);
	expect(JSON.parse(stranger.stderr).error.code).toBe("NOT_A_MEMBER");
});

test("the advice works: allow the value; or remove it, replace it, and nothing is found", async () => {
	await using project = await makeProject();
	project.write("docs/a.md", KEY);
	symlinkSync("docs/a.md", `${project.root}/link`);
	const { findings } = (await project.kept(["scan", "--json"])).json();
	project.write(".coffer-allow", `${findings[0].allow}\n`);
	await project.ok(["scan"]);
	project.write(".coffer-allow", "");
	await project.ok(["secrets", "set", "KEY", "--stdin"], { input: "another value of the key" });
	await project.ok(["scan"]);
});

test("what cannot be searched is an error: no such path, no repository, a file that cannot be read, two modes", async () => {
	await using project = await newProject();
	const statusOf = async (...args: string[]) => {
		const { status, stderr } = await project.kept(["scan", ...args, "--json"]);
		return `${status} ${JSON.parse(stderr).error.code}`;
	};
	expect(await statusOf("nothing")).toBe("4 SCAN_PATH_NOT_FOUND");
	expect(await statusOf("--history")).toBe("4 REPOSITORY_NOT_FOUND");
	expect(await statusOf("--staged")).toBe("4 REPOSITORY_NOT_FOUND");
	expect(await statusOf("/proc/self/mem")).toBe("1 SCAN_INCOMPLETE");
	expect(await statusOf("--staged", "--history")).toBe("2 USAGE");
	expect(await statusOf("--staged", "coffer.vault")).toBe("2 USAGE");
});
