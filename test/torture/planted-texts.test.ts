/**
 * The tortures of hostile clients, of faults and of nodes refer to files and lines of the product by their text. After
 * a change of the product, such a text may match nothing. The torture would then test less than it claims, or
 * plant no bug.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PLANTS as CLIENT_PLANTS } from "./platform/hostile-clients.torture.ts";
import { PLANTS as FAULT_PLANTS, SOCKETS } from "./platform/hostile-faults.torture.ts";
import { SHORTER } from "./platform/nodes/cluster/build.ts";
import { PLANTS as NODE_PLANTS } from "./platform/nodes/plants.ts";

const root = join(import.meta.dirname, "../..");

const NODES = Object.entries({ ...NODE_PLANTS, "shorter times": SHORTER }).flatMap(([name, all]) =>
	all.map((replacement, index) => [`${name}, part ${index + 1}`, replacement] as const),
);

describe("the tortures of hostile clients, of faults and of nodes", () => {
	test.each([...Object.entries({ ...CLIENT_PLANTS, ...FAULT_PLANTS }), ...NODES])(
		"can still plant the bug: %s",
		(_, { file, text }) => {
			const occurrences = readFileSync(join(root, file), "utf8").split(text).length - 1;
			expect(occurrences).toBe(1);
		},
	);

	test.each(SOCKETS.map((pattern) => [pattern.source, pattern] as const))(
		"instrument at least one file that matches %s",
		(_, pattern) => {
			const files = readdirSync(join(root, "src/platform"), { recursive: true, encoding: "utf8" });
			expect(files.filter((file) => pattern.test(`src/platform/${file}`))).not.toEqual([]);
		},
	);
});
