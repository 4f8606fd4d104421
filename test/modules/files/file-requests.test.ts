import { describe, expect, test } from "vitest";
import { scanModule } from "../../../src/modules/scan.ts";

/** The requests of a module: paths with `*` for unknown parts, `outside`, and a `!` after what must exist. */
function requestsOf(source: string, path = "functions/a/index.ts"): string[] {
	const { fault, files } = scanModule(path, source);
	expect(fault).toBeUndefined();
	return files.map(
		({ isRead, pieces }) =>
			(pieces?.map((piece) => piece ?? "*").join("") ?? "outside") + (isRead ? "!" : ""),
	);
}

describe("the files that a module reads are found", () => {
	test.each<[string, string, string[]]>([
		["by URL", 'Deno.readTextFile(new URL("./t.html", import.meta.url));', ["functions/a/t.html!"]],
		[
			"by an encoded URL",
			'Deno.readFile(new URL("m%C3%A9nu%20(1).txt?x#y", import.meta.url));',
			["functions/a/ménu (1).txt!"],
		],
		["by fetch", 'fetch(import.meta.resolve("./x.wasm"));', ["functions/a/x.wasm!"]],
		[
			"by join, in a loop",
			'import { join } from "node:path"; for (const n of ["a", "b"]) Deno.readFileSync(join(import.meta.dirname!, "x", `${n}.txt`));',
			["functions/a/x/a.txt!", "functions/a/x/b.txt!"],
		],
		[
			"through variables and a function",
			`import { dirname, join } from "https://deno.land/std/path/mod.ts"; import { fileURLToPath } from "node:url";
			const __dirname = dirname(fileURLToPath(import.meta.url)); const pages = join(__dirname, "..", "shared");
			function read(name: string) { return Deno.readTextFile(join(pages, name + ".txt")); } read("a"); read("b");`,
			["functions/shared/b.txt!", "functions/shared/a.txt!"],
		],
		[
			"by join with a URL",
			'import { join } from "path"; import { fileURLToPath } from "url"; import { readFileSync } from "fs"; readFileSync(fileURLToPath(join(import.meta.url, "../fonts", "a b.ttf")));',
			["functions/a/fonts/a b.ttf!"],
		],
		[
			"in CommonJS",
			'const path = require("path"), { readFileSync } = require("fs"); readFileSync(path.join(__dirname, "a b%.txt"));',
			["functions/a/a b%.txt!"],
		],
		[
			"from a table",
			'const files = { a: new URL("./a.t", import.meta.url), b: new URL("./b.t", import.meta.url) }; export default (key) => Deno.readFile(files[key]);',
			["functions/a/a.t!", "functions/a/b.t!"],
		],
		[
			"by map",
			'["a", "b"].map((name) => Deno.readTextFileSync(new URL(`./${name}.html`, import.meta.url)));',
			["functions/a/a.html!", "functions/a/b.html!"],
		],
	])("%s", (_, source, expected) => expect(requestsOf(source)).toEqual(expected));

	test("a name that is known at run time only becomes a pattern", () => {
		const source =
			"export const page = (name) => Deno.readTextFile(new URL(`./pages/${name}.html`, import.meta.url));";
		expect(requestsOf(source)).toEqual(["functions/a/pages/*.html!"]);
	});

	test("a path that leads out of the project is distinguished from a path in it", () => {
		expect(requestsOf('Deno.readFile(new URL("../../../etc/x", import.meta.url));')).toEqual(["outside!"]);
		expect(requestsOf('Deno.readFile(new URL("..%2f..%2f..%2f..%2fetc/x", import.meta.url));')).toEqual([
			"outside!",
		]);
	});

	test.each([
		["a try", "try { await Deno.readTextFile(FILE); } catch {}"],
		["a catch", 'Deno.readTextFile(FILE).catch(() => "");'],
		["a check", "existsSync(FILE);"],
		["a write", 'Deno.writeTextFile(FILE, "");'],
		["an open for writing", "Deno.open(FILE, { create: true, write: true });"],
	])("marks the file as optional in %s", (_, source) => {
		const found = requestsOf(source.replace("FILE", 'new URL("./t", import.meta.url)'));
		expect(found).toEqual(["functions/a/t"]);
	});

	test.each([
		'import { createRequire } from "node:module"; createRequire(import.meta.url)("x");',
		'if (import.meta.url === "x" || import.meta.main) console.log(import.meta.dirname);',
		'fetch(new URL("https://a.example/x", import.meta.url)); fetch(new URL("/v1", "https://b.example"));',
		"const name = 'import.meta.url'; // new URL('./t', import.meta.url)",
		'Deno.readTextFile("/etc/hostname"); new URL(import.meta.url).searchParams.get("x");',
	])("no file is found in %s", (source) => expect(requestsOf(source)).toEqual([]));

	test("the location of a package is no path", () => {
		const source = `const base = import.meta.resolve("npm:@acme/wasm@1");
			const bytes = await Deno.readFile(new URL("a.wasm", base)); import.meta.resolve("node:fs");`;
		expect(scanModule("functions/a/index.ts", source).files).toEqual([
			{ pieces: [], line: 1, isRead: false, ofPackage: "npm:@acme/wasm@1" },
		]);
	});

	test("values that double with each variable end in an unknown part", () => {
		const names = Array.from({ length: 100 }, (_, index) => `const v${index + 1} = v${index} + v${index};`);
		const source = `const v0 = "a"; ${names.join(" ")} Deno.readFile(new URL("./" + v100, import.meta.url));`;
		expect(requestsOf(source)).toEqual(["functions/a/*!"]);
	});
});
