/**
 * A second reader (test/vectors/reader), written from docs/format.md and libsodium alone, has the expected result for
 * every vector. So the specification is sufficient to read valid vaults and to refuse others.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readKit } from "../vectors/kit.ts";
import { Person } from "../vectors/primitives.ts";
import { Fault } from "../vectors/reader/fault.ts";
import { type Memory, readVault } from "../vectors/reader/read.ts";
import type { Vector } from "../vectors/vector.ts";

const file = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url));
const vectors = readKit();

function memoryOf(vector: Vector): Memory | undefined {
	const seen = vectors.find(({ name }) => name === vector.seen);
	return seen && readVault(seen.content, new Person("", seen.identity)).memory;
}

/** The reader's result for a vector, in the form of the vector's header. */
function verdict(vector: Vector) {
	try {
		const who = new Person("", vector.identity);
		const { values, losses } = readVault(vector.content, who, memoryOf(vector), vector.bound);
		return { expect: "good", line: undefined, values, strict: [...losses] };
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		return { expect: error.code, line: error.line, values: undefined, strict: [] };
	}
}

test.each(vectors.map((vector) => [vector.name, vector] as const))("reads %s", (_, vector) => {
	const { expect: code, line, strict, resolve } = vector;
	const values = resolve === undefined ? vector.values : undefined;
	expect(verdict(vector)).toEqual({
		expect: code,
		line,
		values,
		strict: strict === undefined ? [] : [strict],
	});
});

test.each(["alice", "bob", "carol"])("reads what Coffer wrote, as %s", (who) => {
	const expected = JSON.parse(file("team.json").toString());
	const { values, memory } = readVault(file("team.vault"), new Person(who, expected.members[who]));
	expect(memory.vaultId).toBe(expected.vaultId);
	const visible = expected.secrets.filter(
		([environment]: string[]) => who === "alice" || environment === "production",
	);
	expect(values).toEqual(visible);
});

test("the second implementation shares no code with Coffer", () => {
	const folder = new URL("../vectors/", import.meta.url);
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
	const readerFiles = files.filter((name) => name.endsWith(".ts") && !name.startsWith("make-team"));
	expect(readerFiles).toEqual(
		expect.arrayContaining(["primitives.ts", "reader/read.ts", "reader/syntax.ts"]),
	);
	const imports = readerFiles.flatMap((name) =>
		[
			...file(name)
				.toString()
				.matchAll(/from "([^"]+)"/g),
		].map(([, from = ""]) => from),
	);
	expect(imports.filter((from) => from.includes("src/"))).toEqual([]);
});
