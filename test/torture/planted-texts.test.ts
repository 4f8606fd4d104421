/**
 * The tortures of hostile clients, of faults and of nodes refer to files and lines of the product by their text. After
 * a change of the product, such a text may match nothing. The torture would then test less than it claims, or
 * plant no bug.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { instrument, type Site } from "./platform/hostile/clients/instrument.ts";
import { buildSubject } from "./platform/hostile/clients/subject.ts";
import { PLANTS as CLIENT_PLANTS } from "./platform/hostile-clients.torture.ts";
import { PLANTS as FAULT_PLANTS, fits, SOCKETS } from "./platform/hostile-faults.torture.ts";
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

	test("build a platform with a fault point at every function and await", async () => {
		const folder = mkdtempSync(join(tmpdir(), "coffer-points-"));
		try {
			const sites: Site[] = [];
			await buildSubject(join(folder, "subject.mjs"), instrument(fits, sites));
			const kinds = new Set(sites.map(({ kind }) => kind));
			expect(kinds).toEqual(new Set(["after await", "before await", "function"]));
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
