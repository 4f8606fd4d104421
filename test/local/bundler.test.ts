/** One bundler makes many bundles. Each has the bytes and warnings that a bundler of its own gives. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { Bundler } from "../../src/local/bundler.ts";
import { Settings } from "../../src/local/disk.ts";
import { type Found, Remotes } from "../../src/local/remote.ts";

let root: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-bundler-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>) {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
}

/** Packages that Deno has laid out, by their specifiers. */
function remotesWith(packages: Readonly<Record<string, Found>>): Remotes {
	const deno = { explicit: join(root, "no-deno"), searchPath: undefined };
	const { signal } = new AbortController();
	const remotes = new Remotes({ deno, environment: {}, folder: join(root, "packages"), signal });
	remotes.leadOf = (specifier) => packages[specifier];
	return remotes;
}

/** What a bundler makes of an entry: its bundle as text, or the code of its error. */
async function bundle(bundler: Bundler, path: string, packages: Readonly<Record<string, Found>> = {}) {
	const entry = join(root, path).slice(1);
	const setting = new Settings(root).of(entry);
	const request = { entry, shown: path, setting, remotes: remotesWith(packages), stdHttp: "" };
	try {
		const { code, ...rest } = await bundler.bundle(request);
		return { code: Buffer.from(code).toString(), ...rest };
	} catch (error) {
		return error instanceof AppError ? { error: error.code } : Promise.reject(error);
	}
}

async function bundleAlone(path: string) {
	await using bundler = new Bundler();
	return await bundle(bundler, path);
}

test("entries that share modules are bundled as each would be by itself", async () => {
	write({
		"shared.ts": 'export const shared = "SHARED";\n',
		"broken.ts": "export const = 1;\n",
		"a/deno.json": '{"imports": {"it": "../shared.ts"}, "compilerOptions": {"jsx": "react"}}',
		"a/one.ts": 'import { shared } from "it";\nconsole.log(shared);\n',
		"b/deno.json":
			'{"imports": {"it": "./other.ts"}, "compilerOptions": {"jsx": "react", "jsxFactory": "h"}}',
		"b/other.ts": 'export const shared = "OTHER";\n',
		"b/two.tsx": 'import { shared } from "it";\nconsole.log(<p>{shared}</p>);\n',
		"a/three.ts": 'import { shared, gone } from "it";\nimport "../broken.ts";\nconsole.log(shared, gone);\n',
		"a/four.ts": "const = 4;\n",
		"a/page.tsx": "console.log(<p>text</p>);\n",
		"a/five.ts": 'import "it";\nimport "./none.ts";\nimport "npm:left-pad";\n',
	});
	const paths = ["a/one.ts", "b/two.tsx", "a/three.ts", "a/four.ts", "a/five.ts", "a/page.tsx"];
	const alone = await Promise.all(paths.map(bundleAlone));
	await using bundler = new Bundler();
	const together = await Promise.all(paths.map((path) => bundle(bundler, path)));
	expect(together).toEqual(alone);
	for (const [index, path] of [...paths, ...paths].entries())
		expect(await bundle(bundler, path)).toEqual(alone[index % paths.length]);
	expect(alone[2]).toMatchObject({ warnings: [{ file: expect.stringContaining("broken.ts") }, {}] });
	expect(alone[3]).toEqual({ error: "SOURCE_SYNTAX" });
});

test("a module that has changed since the last bundle is read again", async () => {
	write({ "entry.ts": 'import { name } from "./name.ts";\nconsole.log(name);\n' });
	await using bundler = new Bundler();
	for (const name of ["FIRST", "SECOND"]) {
		write({ "name.ts": `export const name = "${name}";\n` });
		expect(await bundle(bundler, "entry.ts")).toMatchObject({ code: expect.stringContaining(name) });
	}
});

test("the same import of two packages, or by two conditions, leads to different files", async () => {
	const exported = (name: string) =>
		JSON.stringify({ name, exports: { ".": { import: "./index.mjs", require: "./index.cjs" } } });
	const part = (name: string) => ({
		[`packages/0/node_modules/${name}/package.json`]: exported(name),
		[`packages/0/node_modules/${name}/index.mjs`]: 'import { text } from "./part.mjs";\nconsole.log(text);\n',
		[`packages/0/node_modules/${name}/index.cjs`]: `console.log("required ${name}");\n`,
		[`packages/0/node_modules/${name}/part.mjs`]: `export const text = "part of ${name}";\n`,
	});
	write({
		...part("p0"),
		...part("p1"),
		"packages/0/node_modules/p2/index.js": 'require("p0");\nimport("p0");\n',
		"one.ts": 'import "npm:p0";\nimport "npm:p1";\n',
		"two.ts": 'import "npm:p2";\n',
	});
	const folder = join(root, "packages/0");
	const found = ["p0", "p1", "p2"].map((specifier): [string, Found] => [
		`npm:${specifier}`,
		{ kind: "package", specifier, folder },
	]);
	const packages = Object.fromEntries(found);
	await using bundler = new Bundler();
	const texts = ["part of p0", "part of p1"];
	for (const path of ["one.ts", "two.ts", "one.ts"]) {
		const { code } = (await bundle(bundler, path, packages)) as { code: string };
		const expected = path === "one.ts" ? texts : ["required p0", "part of p0"];
		expect(code.match(/(?:part of|required) p\d/g)?.sort()).toEqual(expected.toSorted());
	}
});

test("a package with `main` and `module` is its main where it is also required", async () => {
	write({
		"packages/0/node_modules/two/package.json": '{"main": "main", "module": "module.mjs"}',
		"packages/0/node_modules/two/main.js": 'console.log("its main");\n',
		"packages/0/node_modules/two/module.mjs": 'console.log("its module");\n',
		"packages/0/node_modules/p/index.js": 'require("two");\n',
		"imports.ts": 'import "npm:two";\n',
		"requires.ts": 'import "npm:p";\n',
		"both.ts": 'import "npm:two";\nimport "npm:p";\n',
	});
	const folder = join(root, "packages/0");
	const packages: Record<string, Found> = {
		"npm:two": { kind: "package", specifier: "two", folder },
		"npm:p": { kind: "package", specifier: "p", folder },
	};
	await using bundler = new Bundler();
	for (const [path, text] of [
		["imports.ts", "its module"],
		["requires.ts", "its main"],
		["both.ts", "its main"],
		["imports.ts", "its module"],
	] as const) {
		const { code } = (await bundle(bundler, path, packages)) as { code: string };
		expect(code.match(/its \w+/g)).toEqual([text]);
	}
});
