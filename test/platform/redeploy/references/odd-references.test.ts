import { expect, test } from "vitest";
import { functionListSchema } from "../../../../src/protocol/function-list.ts";
import { statusesOf } from "../../fixtures/client.ts";
import { client, SHOW, TestApp, useCore } from "../app-fixture.ts";

useCore();

/** As many locations are recorded of a name, and as many dynamic accesses. */
const LOCATIONS_MAX = 50;

/** A module with an inline source map that names its sources. The bundler uses the map. */
function mapped(code: string, source: string): string {
	const map = { version: 3, sources: [source], sourcesContent: [code], names: [], mappings: "AAAA" };
	const data = Buffer.from(JSON.stringify(map)).toString("base64");
	return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}\n`;
}

test("very long names in a function's own source map do not break the list of functions", async () => {
	const app = await TestApp.open("odd", { KEY: "v1" });
	const manyReads = Array.from(
		{ length: LOCATIONS_MAX + 1 },
		() => 'Deno.env.get("KEY");\nDeno.env.get(Math.random());',
	).join("\n");
	const events = await app.deploy({
		often: `${manyReads}${SHOW("KEY")}`,
		plain: SHOW("KEY"),
		longname: SHOW("N".repeat(300)),
		longfile: mapped(SHOW("KEY"), `${"d/".repeat(5000)}f.ts`),
	});
	expect(statusesOf(events)).toEqual({
		often: "deployed",
		plain: "deployed",
		longname: "deployed",
		longfile: "deployed",
	});
	const listed = functionListSchema.parse({ functions: await client.functions("odd") });
	expect(listed.functions.map(({ name }) => name)).toEqual(["longfile", "longname", "often", "plain"]);
	const often = listed.functions.find(({ name }) => name === "often");
	expect([often?.references.length, often?.dynamic.length]).toEqual([LOCATIONS_MAX, LOCATIONS_MAX]);
	const redeployed = (await app.set({ KEY: "v2" })).map((result) => result.function).sort();
	expect(redeployed).toEqual(["longfile", "often", "plain"]);
	expect(await app.fetch("longfile")).toBe("v2");
});
