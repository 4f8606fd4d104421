/** Checks the rules about the structure of the code. */
import { describe, expect, test } from "vitest";
import { CONDUCT_RULES } from "./support/architecture/conduct.ts";
import { OUTSIDE_RULES } from "./support/architecture/outside.ts";
import { PACKAGE_RULES } from "./support/architecture/packages.ts";
import { ROOM_RULES } from "./support/architecture/rooms.ts";
import { SERVING_RULES } from "./support/architecture/serving.ts";
import { SHAPE_RULES } from "./support/architecture/shape.ts";
import { parseSource, readProject } from "./support/architecture/source.ts";
import { TARGET_RULES } from "./support/architecture/targets.ts";

const project = readProject();
const RULES = [
	...SHAPE_RULES,
	...PACKAGE_RULES,
	...ROOM_RULES,
	...CONDUCT_RULES,
	...OUTSIDE_RULES,
	...SERVING_RULES,
	...TARGET_RULES,
];

function parseAll(files: Readonly<Record<string, string>>) {
	return Object.entries(files).map(([path, text]) => parseSource(path, text));
}

test("reads the whole project", () => {
	const paths = project.map(({ path }) => path);
	expect(paths).toEqual(expect.arrayContaining(["bin/run.js", "src/crypto.ts", "test/architecture.test.ts"]));
});

describe.each(RULES)("$name", ({ check, planted, innocent = [] }) => {
	test("holds", () => {
		expect(check(project).map(({ path, line, what }) => `${path}:${line} ${what}`)).toEqual([]);
	});

	test.each(planted.map((files) => ({ files })))("reports a violation in $files", ({ files }) => {
		expect(check(parseAll(files))).not.toEqual([]);
	});

	test.each(innocent.map((files) => ({ files })))("accepts $files", ({ files }) => {
		expect(check(parseAll(files))).toEqual([]);
	});
});
