/** Files and processes that a hostile function must not be able to read, write or signal. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OWN, PROCESSES, READS, WRITES } from "../probes/files.ts";
import { type Hostile, openHostile, REFUSAL } from "./hostile.ts";

let hostile: Hostile;

async function compare(code: string, controlled = code): Promise<void> {
	const { result, error } = await hostile.probe(code);
	expect(result).toBeUndefined();
	expect(error).toMatch(REFUSAL);
	expect(await hostile.control(controlled)).toEqual({ result: expect.any(String) });
}

describe.each([
	{ how: "in a process that waited for a function", spares: 1 },
	{ how: "in a process that was started for it", spares: 0 },
])("$how", ({ spares }) => {
	beforeAll(async () => {
		hostile = await openHostile({ spares });
	});
	afterAll(() => hostile.close());

	describe("is refused by the sandbox, and works without it", () => {
		test.each(READS)("%s", async (code) => await compare(code));

		test.each(WRITES)("%s", async (code) => await compare(code));

		test.each(PROCESSES)("%s", async (code) => await compare(code));

		test.each(OWN)("writing its own bundle: %s", async (code) => {
			const stack = `JSON.stringify(new Error().stack.match(/file:\\/\\/(\\S+?\\.js)/)[1])`;
			const path = JSON.parse((await hostile.probe(`return ${stack}`)).result ?? '""');
			expect(path).toMatch(spares === 0 ? /\/bundles\/\w+\.js$/ : /\/i\/\d+\/b\.js$/);
			const file = `await Deno.makeTempFile()`;
			await compare(code.replace("STACK", JSON.stringify(path)), code.replace("STACK", file));
		});
	});

	test("no call follows a link out of the temporary folder", async () => {
		const made = `const folder = await Deno.makeTempDir(); await Deno.writeTextFile(folder + "/a", "x"); `;
		for (const end of [
			`return Deno.readTextFile(folder + "/../../../../../../../../etc/passwd")`,
			`return Deno.rename(folder + "/a", folder + "/../../../a")`,
			`return Deno.link(folder + "/a", folder + "/../../../../a")`,
		]) {
			expect((await hostile.probe(made + end)).error).toMatch(REFUSAL);
		}
	});
});
