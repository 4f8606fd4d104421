/** The package as npm packs and installs it: its files, its dependencies, and that its commands work. */
import { execFileSync, spawn } from "node:child_process";
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Ended, ended } from "../cli/fixture/program.ts";
import { ROOT } from "../support/root.ts";
import { type NpmRegistry, startNpmRegistry } from "../support/services/npm-registry.ts";
import { type SecretService, withSecretService } from "../support/services/secret-service.ts";

const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
/** A package that oclif needs only for plugins in TypeScript. Coffer has none. */
const NEVER_LOADED = ["typescript", "@grpc/proto-loader"];
const MEBIBYTE = 1024 * 1024;

/** Every file of a folder, as a path in it. */
function filesOf(folder: string): string[] {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const sizeOf = (folder: string) => filesOf(folder).reduce((sum, file) => sum + statSync(file).size, 0);

/** Packages of this checkout, by name. */
function installed(names: readonly string[]) {
	const { packages } = JSON.parse(readFileSync(join(ROOT, "node_modules/.package-lock.json"), "utf8"));
	const found = Object.entries<{ name?: string }>(packages).map(([path, { name }]) => {
		return [
			name ?? path.slice(path.lastIndexOf("node_modules/") + 13),
			{ folder: join(ROOT, path) },
		] as const;
	});
	return Object.fromEntries(found.filter(([name]) => names.includes(name)));
}

function run(
	program: string,
	args: readonly string[],
	options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Ended> {
	const child = spawn(program, args, options);
	child.stdin.end();
	return ended(child);
}

let folder: string;
let registry: NpmRegistry;
let tarball: string;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-package-"));
	// `dist/` exists already. The hook that builds it again would remove it while other tests use it.
	const options = ["--ignore-scripts", "--silent", "--pack-destination", folder];
	tarball = join(folder, execFileSync("npm", ["pack", ...options], { cwd: ROOT, encoding: "utf8" }).trim());
	// The registry does not have the optional packages, which npm then skips.
	registry = await startNpmRegistry(installed(["@github/keytar", "node-addon-api"]));
	const to = [
		"--prefix",
		join(folder, "prefix"),
		"--cache",
		join(folder, "cache"),
		"--registry",
		registry.url,
	];
	const args = ["install", "--global", ...to, "--no-audit", "--no-fund", tarball];
	const { status, stderr } = await run("npm", args, { cwd: folder, env: process.env });
	if (status !== 0) throw new Error(stderr);
	// Node 20 has no SQLite for the vault's lock.
	symlinkSync(join(ROOT, "node_modules/libsql"), join(packageFolder(), "node_modules/libsql"));
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true, force: true });
});

const packageFolder = () => join(folder, "prefix/lib/node_modules/coffer");

describe("the tarball", () => {
	const contents = () =>
		execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
			.trim()
			.split("\n")
			.map((line) => line.replace("package/", ""));

	test("contains the program and what npm shows of it, and nothing that only a checkout needs", () => {
		const outside = contents().filter((name) => !name.startsWith("dist/"));
		expect(outside.sort()).toEqual([
			"CHANGELOG.md",
			"LICENSE",
			"README.md",
			"SECURITY.md",
			"bin/compile-cache.js",
			"bin/package.json",
			"bin/run.js",
			"oclif.manifest.json",
			"package.json",
		]);
	});

	test("contains the parts of dist/ that run, with the licences of bundled packages", () => {
		const names = contents().filter((name) => name.startsWith("dist/"));
		expect(names).toContain("dist/THIRD-PARTY-LICENSES.txt");
		const kinds = /^dist\/([a-z0-9-]+\/)*[A-Za-z0-9-]+\.(cjs|js|wasm|ts|json|html|css)$|LICENSES\.txt$/;
		expect(names.filter((name) => !kinds.test(name))).toEqual([]);
	});

	test("names its repository and its requirements", () => {
		expect(MANIFEST).toMatchObject({
			license: "MIT",
			repository: { type: "git", url: expect.stringMatching(/^git\+https:.*\.git$/) },
			bugs: { url: expect.stringMatching(/^https:.*\/issues$/) },
			homepage: expect.stringMatching(/^https:/),
			engines: { node: ">=20.19" },
		});
		expect(MANIFEST.keywords.length).toBeGreaterThan(5);
	});
});

test("the packages installed beside the bundle are exactly those that it requires", () => {
	const code = filesOf(join(packageFolder(), "dist")).filter((file) => file.endsWith(".cjs"));
	const required = code.flatMap((file) =>
		[...readFileSync(file, "utf8").matchAll(/\brequire\("((?:@[a-z-]+\/)?[a-z][\w-]*)/g)].map(
			([, name]) => name,
		),
	);
	const packages = new Set(
		required.filter((name) => ![...builtinModules, "node", ...NEVER_LOADED].includes(name ?? "")),
	);
	const { dependencies, optionalDependencies } = MANIFEST;
	expect([...packages].sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
});

test("an installation without the optional packages takes at most 25 MB", () => {
	const bytes = sizeOf(packageFolder());
	expect(bytes).toBeGreaterThan(MEBIBYTE);
	expect(bytes).toBeLessThan(25 * MEBIBYTE);
});

describe("the installed program", () => {
	let service: SecretService;
	beforeAll(async () => {
		service = await withSecretService();
	});
	afterAll(() => service.close());
	let project: string;
	beforeEach(() => {
		project = mkdtempSync(join(folder, "project-"));
	});

	function coffer(
		args: readonly string[],
		environment: Readonly<Record<string, string>> = {},
	): Promise<Ended> {
		const searchPath = [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
		const env = { PATH: searchPath, HOME: project, ...environment };
		return run(join(folder, "prefix/bin/coffer"), args, { cwd: project, env });
	}
	const withIdentity = () => ({ COFFER_IDENTITY_FILE: join(project, "identity") });

	test("stores a secret and gives it to a command", async () => {
		expect(await coffer(["init"], withIdentity())).toMatchObject({ status: 0 });
		expect(await coffer(["secrets", "set", "GREETING=hello"], withIdentity())).toMatchObject({ status: 0 });
		const allowed = { ...withIdentity(), COFFER_ALLOW_REVEAL: "1" };
		const ran = await coffer(["run", "--no-redact", "--", "printenv", "GREETING"], allowed);
		expect(ran).toEqual({ status: 0, stdout: "hello\n", stderr: "" });
	});

	test("shows the help of a command", async () => {
		const { status, stdout } = await coffer(["secrets", "set", "--help"]);
		expect(stdout).toContain("USAGE");
		expect(status).toBe(0);
	});

	test("names an optional package that is not installed, and how to get it", async () => {
		mkdirSync(join(project, "functions"));
		const { status, stderr } = await coffer(["functions", "references", "--local", "--json"]);
		expect({ status, ...JSON.parse(stderr) }).toMatchObject({
			status: 1,
			error: {
				code: "PACKAGE_MISSING",
				message: expect.stringContaining("the npm package"),
				hint: expect.stringContaining("--omit=optional"),
			},
		});
	});

	test("names Deno if a platform is started without it", async () => {
		const identity = join(project, "platform-identity");
		const { status, stderr } = await coffer([
			"platform",
			"start",
			"--identity-file",
			identity,
			"--data",
			join(project, "data"),
		]);
		expect(stderr).toContain("npm install --global deno");
		expect(status).toBe(1);
	});

	test("stores an identity in the keychain", async () => {
		expect(await coffer(["identity", "new"], service.env)).toMatchObject({ status: 0 });
		expect(await coffer(["identity", "show"], service.env)).toMatchObject({ status: 0, stderr: "" });
	});

	test("reports that the keychain's native library is missing", async () => {
		const filter = (path: string) => !path.endsWith("node_modules/keytar");
		cpSync(packageFolder(), join(project, "copy"), { recursive: true, filter });
		const env = { ...service.env, PATH: "/usr/bin:/bin", HOME: project };
		const program = [join(project, "copy/bin/run.js"), "identity", "show"];
		const { status, stderr } = await run(process.execPath, program, { cwd: project, env });
		expect(stderr).toContain("its native library cannot be loaded");
		expect(status).toBe(3);
	});
});
