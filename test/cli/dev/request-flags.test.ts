/** The flags of `functions invoke`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyOf, headersOf, pathOf } from "../../../src/cli/dev/request-flags.ts";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-flags-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("--data is a text, or the bytes of a file", async () => {
	expect(await bodyOf(undefined)).toBeUndefined();
	expect(Buffer.from((await bodyOf("é")) ?? []).toString()).toBe("é");
	const path = join(folder, "body");
	writeFileSync(path, Buffer.from([0xff, 0, 1]));
	expect([...((await bodyOf(`@${path}`)) ?? [])]).toEqual([0xff, 0, 1]);
});

test("a file of --data that does not exist is named", async () => {
	await expect(bodyOf(`@${join(folder, "absent")}`)).rejects.toMatchObject({
		code: "DATA_UNREADABLE",
		exit: 4,
		message: expect.stringMatching(/absent.* of --data cannot be read \(ENOENT\)/),
	});
});

test("--path begins with / or ?", () => {
	expect([pathOf("/a?b"), pathOf("?b=1")]).toEqual(["/a?b", "/?b=1"]);
	expect(() => pathOf("a")).toThrow(expect.objectContaining({ code: "USAGE", exit: 2 }));
});

test.each([
	["no body", [], undefined, []],
	["JSON", [], '{"a":1}', [["content-type", "application/json"]]],
	["another text", [], "{a", [["content-type", "text/plain;charset=utf-8"]]],
	["a type that is given", ["Content-Type: text/csv"], "{}", [["content-type", "text/csv"]]],
	["a value with a colon", ["Authorization:  Bearer a:b "], undefined, [["authorization", "Bearer a:b"]]],
])("the headers of a request with %s", (_, given, body, expected) => {
	expect(headersOf(given, body === undefined ? undefined : Buffer.from(body))).toEqual(expected);
});

test.each(["canary", ": canary", "  : canary"])(
	"a header without a name is refused, and not repeated: %s",
	(text) => {
		let error: unknown;
		try {
			headersOf([text], undefined);
		} catch (reason) {
			error = reason;
		}
		expect(error).toMatchObject({ code: "USAGE", exit: 2 });
		expect(String(error)).not.toContain("canary");
	},
);
