/** An identity moves to another laptop, encrypted with a passphrase, with the real program. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCheap, writeCheapExport } from "../../support/cheap-export.ts";
import { filesBelow } from "../../support/files-below.ts";
import { type SecretService, withSecretService } from "../../support/services/secret-service.ts";
import { commit } from "../support/clone.ts";
import { newIdentityText, newProject, Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const PASSPHRASE = "pässphrase canary 5c1e";
const WITH = { input: `${PASSPHRASE}\n` };
const STDIN = ["--passphrase-stdin"];

describe("identity export and import, from one keychain to another", () => {
	let services: SecretService[];
	let laptop: Project;
	let file: string;
	let exported: { fingerprint: string };
	beforeAll(async () => {
		services = await Promise.all([withSecretService(), withSecretService(), withSecretService()]);
		laptop = await newProject({ identity: "none", env: services[0]?.env ?? {} });
		await laptop.ok(["secrets", "set", "A=kept"]);
		await laptop.git("init", "--quiet");
		await commit(laptop, "Start");
		file = join(laptop.machine, "export");
		exported = await laptop.data(["identity", "export", file, ...STDIN], WITH);
		await makeCheap(file, PASSPHRASE);
	});
	afterAll(async () => {
		await laptop?.[Symbol.asyncDispose]();
		for (const service of services ?? []) await service.close();
	});

	async function newLaptop(index: number): Promise<Project> {
		const project = new Project({ identity: "none", env: services[index]?.env ?? {} });
		await project.git("clone", "--quiet", laptop.root, ".");
		return project;
	}

	test("the new laptop opens the vault, and the passphrase is stored nowhere", async () => {
		expect(exported).toMatchObject({ file, vault: null });
		expect(statSync(file).mode & 0o777).toBe(0o600);
		await using other = await newLaptop(1);
		expect((await other.coffer(["secrets", "get", "A", "--json"])).error().code).toBe("IDENTITY_MISSING");
		const imported = await other.ok(["identity", "import", file, ...STDIN], WITH);
		expect(imported.stdout).toContain(exported.fingerprint);
		expect(imported.stdout).toContain("keychain");
		expect(await other.reveal("A")).toBe("kept");
		await other.ok(["secrets", "set", "B=from the new one"]);
		expect(await other.data(["identity", "import", file, ...STDIN], WITH)).toMatchObject({
			fingerprint: exported.fingerprint,
			present: true,
			source: "keychain",
		});
		const machines = [...filesBelow(laptop.machine), ...filesBelow(other.machine)];
		for (const secret of [PASSPHRASE, "coffer-identity-1"])
			expect(machines.filter(({ bytes }) => bytes.includes(secret)).map(({ path }) => path)).toEqual([]);
	});

	test("a device that has another identity keeps it", async () => {
		await using other = await newLaptop(2);
		const { publicKey } = await other.data(["identity", "new"]);
		const refused = await other.coffer(["identity", "import", file, "--json", ...STDIN], WITH);
		expect(refused.error()).toMatchObject({ code: "IDENTITY_EXISTS", exit: 5 });
		expect((await other.data(["identity", "show"])).publicKey).toBe(publicKey);
	});
});

describe("identity export and import with a file in COFFER_IDENTITY_FILE", () => {
	let project: Project;
	let file: string;
	let elsewhere: string;
	beforeAll(async () => {
		project = new Project({ identity: "none" });
		project.variables["COFFER_IDENTITY_FILE"] = join(project.machine, "identity");
		await project.ok(["init"]);
		[file, elsewhere] = [join(project.machine, "export"), join(project.machine, "elsewhere")];
		await writeCheapExport(file, readFileSync(project.variables["COFFER_IDENTITY_FILE"], "utf8"), PASSPHRASE);
	});
	afterAll(() => project?.[Symbol.asyncDispose]());

	test("import writes only a new file, and leaves no file if it fails", async () => {
		const text = readFileSync(file, "utf8");
		const importing = (path: string, input: string, identityFile = elsewhere) =>
			project.coffer(["identity", "import", path, "--json", ...STDIN], {
				input,
				env: { COFFER_IDENTITY_FILE: identityFile },
			});
		const damaged = join(project.machine, "damaged");
		writeFileSync(damaged, text.slice(0, 60) + (text[60] === "A" ? "B" : "A") + text.slice(61));
		const short = join(project.machine, "short");
		writeFileSync(short, text.slice(0, 100));
		const later = join(project.machine, "later");
		writeFileSync(later, text.replace("coffer-export-1", "coffer-export-2"));
		for (const [path, input, code, exit] of [
			[file, `${PASSPHRASE}.`, "PASSPHRASE_WRONG", 3],
			[file, "two\nlines of it", "PASSPHRASE_INVALID", 2],
			[damaged, PASSPHRASE, "EXPORT_DAMAGED", 3],
			[short, PASSPHRASE, "EXPORT_MALFORMED", 3],
			[later, PASSPHRASE, "EXPORT_UNSUPPORTED", 3],
			[project.root, PASSPHRASE, "EXPORT_UNREADABLE", 1],
			[join(project.machine, "none"), PASSPHRASE, "EXPORT_NOT_FOUND", 4],
		] as const) {
			const refused = await importing(path, input);
			expect(refused.error()).toMatchObject({ code, exit });
			expect(refused.stdout + refused.stderr).not.toContain("canary");
		}
		expect(statSync(elsewhere, { throwIfNoEntry: false })).toBe(undefined);
		expect((await importing(file, `${PASSPHRASE}\r\n`)).json()).toMatchObject({
			source: "file",
			present: false,
		});
		expect(statSync(elsewhere).mode & 0o777).toBe(0o600);
		const mine = readFileSync(join(project.machine, "identity"));
		expect(readFileSync(elsewhere)).toEqual(mine);
		const other = join(project.machine, "other");
		writeFileSync(other, newIdentityText(), { mode: 0o600 });
		const before = readFileSync(other);
		expect((await importing(file, PASSPHRASE, other)).error()).toMatchObject({ exit: 5 });
		expect(readFileSync(other)).toEqual(before);
	});

	test("export refuses before it asks a question or writes", async () => {
		const before = readFileSync(file);
		const refusal = async (args: readonly string[], input: string | undefined) =>
			(await project.coffer(["identity", "export", "--json", ...args], { input })).error();
		expect(await refusal([file, ...STDIN], PASSPHRASE)).toMatchObject({ code: "EXPORT_EXISTS", exit: 5 });
		const nowhere = join(project.machine, "nowhere");
		expect(await refusal([nowhere, ...STDIN], "too short\n")).toMatchObject({
			code: "PASSPHRASE_TOO_SHORT",
			exit: 2,
		});
		expect(await refusal([nowhere], undefined)).toMatchObject({ code: "NO_TERMINAL", exit: 2 });
		expect(await refusal([join(nowhere, "below"), ...STDIN], PASSPHRASE)).toMatchObject({
			code: "EXPORT_UNWRITABLE",
			exit: 1,
		});
		expect(await refusal([nowhere, PASSPHRASE], undefined)).toMatchObject({ exit: 2 });
		expect(readFileSync(file)).toEqual(before);
		expect(statSync(nowhere, { throwIfNoEntry: false })).toBe(undefined);
	});
});

test("a CI identity stays bound to its vault, and import refuses while COFFER_IDENTITY is set", async () => {
	await using project = await newProject();
	const { secret, vault } = await project.data(["identity", "new", "--ci"]);
	const file = join(project.machine, "export");
	const ci = { ...WITH, env: { COFFER_IDENTITY: secret } };
	expect(await project.data(["identity", "export", file, ...STDIN], ci)).toMatchObject({ vault });
	const refused = await project.coffer(["identity", "import", file, "--json", ...STDIN], WITH);
	expect(refused.error()).toMatchObject({ code: "IDENTITY_EXISTS", exit: 5 });
	const identityFile = join(project.machine, "ci-identity");
	const env = { COFFER_IDENTITY: undefined, COFFER_IDENTITY_FILE: identityFile };
	expect(await project.data(["identity", "import", file, ...STDIN], { ...WITH, env })).toMatchObject({
		vault,
	});
	expect(readFileSync(identityFile, "utf8")).toBe(`${secret}\n`);
});

test("a terminal asks for the passphrase twice and never shows it", async () => {
	await using project = await newProject();
	const file = join(project.machine, "export");
	const answers = (second: string) => [
		{ question: "Passphrase (12", answer: PASSPHRASE },
		{ question: "Repeat the passphrase", answer: second },
	];
	const differ = await onTerminal(project, ["identity", "export", file], answers(`${PASSPHRASE}x`));
	expect(differ.status).toBe(2);
	expect(differ.shown).toContain("The two passphrases differ");
	expect(statSync(file, { throwIfNoEntry: false })).toBe(undefined);
	const same = await onTerminal(project, ["identity", "export", file], answers(PASSPHRASE));
	expect(same.status).toBe(0);
	expect(differ.shown + same.shown).not.toContain("canary");
	await writeCheapExport(file, project.identity as string, PASSPHRASE);
	project.variables["COFFER_IDENTITY"] = undefined;
	project.variables["COFFER_IDENTITY_FILE"] = join(project.machine, "identity");
	const imported = await onTerminal(
		project,
		["identity", "import", file],
		[{ question: "Passphrase", answer: PASSPHRASE }],
	);
	expect(imported.status).toBe(0);
	expect(imported.shown).not.toContain("canary");
	expect(readFileSync(join(project.machine, "identity"), "utf8")).toBe(`${project.identity}\n`);
});
