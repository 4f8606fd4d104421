import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UPLOAD_BYTES_MAX, UPLOAD_FILES_MAX, UPLOAD_FUNCTIONS_MAX } from "../../../src/modules/limits.ts";
import { checkUpload, pathFault } from "../../../src/platform/build/upload.ts";
import { anyText } from "../../support/values/any-text.ts";

const content = new Uint8Array();
const files = (...paths: string[]) => paths.map((path) => ({ path, content }));
const A = { name: "a", entry: "functions/a.ts" };

describe("paths", () => {
	test.each([
		"functions/a.ts",
		"functions/[id]/index.ts",
		"shared/größe.ts",
		"deno.json",
		"functions/a/日本.txt",
		"functions/a b/c.ts",
		"functions/x...y/z.ts",
	])("%s is accepted", (path) => {
		expect(pathFault(path)).toBeUndefined();
	});

	test.each([
		"",
		"/etc/passwd",
		"//etc/passwd",
		"../x.ts",
		"functions/../../x.ts",
		"functions/..",
		"./x.ts",
		"functions/./x.ts",
		"functions//x.ts",
		"functions/x.ts/",
		"functions\\x.ts",
		"..\\x.ts",
		"C:/x.ts",
		"c:x.ts",
		"functions/x.ts:stream",
		"functions/x\0.ts",
		"functions/x\n.ts",
		"functions/x\u0085.ts",
		"functions/x\u202e.ts",
		"functions/\u200bx.ts",
		"functions/u\u0308.ts",
		"functions/\ud800.ts",
		".env",
		"functions/.npmrc",
		".coffer/deno.json",
		".git/config",
		"functions/x.ts.",
		"functions/x /y.ts",
		"functions/ x.ts",
		"functions/nul.ts",
		"functions/CON",
		"functions/x*.ts",
		"functions/x|y.ts",
		"coffer.vault",
		"functions/Coffer.Vault",
		`${"a/".repeat(40)}x.ts`,
		`functions/${"x".repeat(600)}.ts`,
	])("%j is refused", (path) => {
		expect(() => checkUpload(files(path), [])).toThrow(
			expect.objectContaining({ code: "UPLOAD_PATH_INVALID", exit: 2 }),
		);
	});

	test("with any accepted text stay below their folder", () => {
		const segment = fc.constantFrom("a", "..", ".", "", "b.ts", "\\", "C:", "\0", "%2e%2e", "é", ".x");
		const texts = fc.oneof(
			anyText(),
			fc.array(segment, { maxLength: 6 }).map((all) => all.join("/")),
		);
		fc.assert(
			fc.property(texts, (path) => {
				if (pathFault(path) !== undefined) return;
				const { pathname } = new URL(`file:///root/${path.split("/").map(encodeURIComponent).join("/")}`);
				expect(pathname.startsWith("/root/")).toBe(true);
				expect(decodeURIComponent(pathname)).toBe(`/root/${path}`);
			}),
			{ numRuns: 5000 },
		);
	});

	test.each([
		["a.ts", "a.ts"],
		["a.ts", "A.ts"],
		["straße.ts", "STRASSE.ts"],
		["ﬁ.ts", "fi.ts"],
		["a", "a/b.ts"],
		["A", "a/b/c.ts"],
	])("%s beside %s is refused", (first, second) => {
		for (const paths of [files(first, second), files(second, first)]) {
			expect(() => checkUpload(paths, [])).toThrow(
				expect.objectContaining({ code: "UPLOAD_PATH_DUPLICATE", exit: 2 }),
			);
		}
	});
});

describe("functions", () => {
	test("of a valid upload are returned by path", () => {
		const upload = checkUpload(files("functions/a.ts", "deno.json"), [A]);
		expect([...upload.files.keys()]).toEqual(["functions/a.ts", "deno.json"]);
		expect(upload.functions).toEqual([A]);
	});

	test.each([
		"",
		"/a",
		"a/",
		"a//b",
		"../a",
		"a/..",
		".a",
		"_a",
		"a b",
		"ä",
		"a?b",
		"a#b",
		"a%2fb",
		"a\\b",
		"a\nb",
		"x".repeat(201),
	])("%j is refused as a name", (name) => {
		const check = () => checkUpload(files("functions/a.ts"), [{ ...A, name }]);
		expect(check).toThrow(expect.objectContaining({ code: "UPLOAD_FUNCTION_INVALID", exit: 2 }));
	});

	test("two functions with the same name are refused", () => {
		expect(() => checkUpload(files("functions/a.ts"), [A, A])).toThrow(/Two functions/);
	});

	test.each(["functions/b.ts", "../functions/a.ts", "deno.json", "x.d.ts", ""])(
		"%j is refused as an entry",
		(entry) => {
			const check = () => checkUpload(files("functions/a.ts", "deno.json", "x.d.ts"), [{ name: "a", entry }]);
			expect(check).toThrow(expect.objectContaining({ code: "UPLOAD_ENTRY_MISSING", exit: 2 }));
		},
	);
});

describe("limits", () => {
	const large = (bytes: number) => new Uint8Array(bytes);
	test.each([
		[
			"files",
			() => checkUpload(files(...Array.from({ length: UPLOAD_FILES_MAX + 1 }, (_, n) => `f${n}`)), []),
		],
		["a file", () => checkUpload([{ path: "x", content: large(10 * 1024 * 1024 + 1) }], [])],
		[
			"the whole",
			() =>
				checkUpload(
					Array.from({ length: 6 }, (_, n) => ({ path: `f${n}`, content: large(UPLOAD_BYTES_MAX / 5) })),
					[],
				),
		],
		[
			"functions",
			() =>
				checkUpload(
					files("functions/a.ts"),
					Array.from({ length: UPLOAD_FUNCTIONS_MAX + 1 }, (_, n) => ({ ...A, name: `f${n}` })),
				),
		],
	])("%s", (_, check) => {
		expect(check).toThrow(expect.objectContaining({ code: "UPLOAD_TOO_LARGE", exit: 2 }));
	});
});
